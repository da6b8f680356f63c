namespace ContainerTools.Runtime.Launching;

/// <summary>What a container's process tells the runtime, one byte a message; a longer message is the record of a failed step.</summary>
internal enum LaunchMessage : byte
{
    /// <summary>The other side is gone.</summary>
    End = 0,

    /// <summary>The message carries the terminal's master side.</summary>
    Terminal = (byte)'t',

    /// <summary>The process is in the user namespace that the document names by path.</summary>
    Entered = (byte)'e',

    /// <summary>The message carries the directory that a tmpfs will cover and gets its content from. It waits for an answer.</summary>
    CopySource = (byte)'c',

    /// <summary>The message carries that tmpfs.</summary>
    CopyTarget = (byte)'C',

    /// <summary>The next bind mount that the runtime has to open is due. It waits for the answer, which carries it.</summary>
    NextMount = (byte)'n',

    /// <summary>Mounts stand, the root is not changed yet: the createContainer hooks' moment. It waits for an answer.</summary>
    Mounted = (byte)'m',

    /// <summary>All but the command is done. It waits for the start.</summary>
    Ready = (byte)'r',

    /// <summary>A step failed.</summary>
    Failed = (byte)'f',
}
