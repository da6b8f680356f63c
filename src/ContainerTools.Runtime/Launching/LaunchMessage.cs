namespace ContainerTools.Runtime.Launching;

/// <summary>What a container's process tells the runtime, one byte a message; a longer message is the record of a failed step.</summary>
internal enum LaunchMessage : byte
{
    /// <summary>The other side is gone.</summary>
    End = 0,

    /// <summary>The message carries the terminal's master side.</summary>
    Terminal = (byte)'t',

    /// <summary>Mounts stand, the root is not changed yet: the createContainer hooks' moment. It waits for an answer.</summary>
    Mounted = (byte)'m',

    /// <summary>All but the command is done. It waits for the start.</summary>
    Ready = (byte)'r',

    /// <summary>A step failed.</summary>
    Failed = (byte)'f',
}
