namespace ContainerTools.Engine.Containers;

/// <summary>The files in a container's directory.</summary>
internal static class ContainerFiles
{
    /// <summary>The configuration; a directory without it is no container.</summary>
    public const string Configuration = "container.json";

    /// <summary>The configuration of a container that is still being made: what a directory with it holds when nobody locks it is garbage.</summary>
    public const string UnfinishedConfiguration = "container.json.new";

    /// <summary>What the monitor last wrote about the process.</summary>
    public const string Status = "state.json";

    /// <summary>The OCI bundle's document, written anew at every start.</summary>
    public const string Specification = "config.json";

    /// <summary>Locked by the monitor as long as it lives. At the end it holds the last status, for those who waited while the directory went away.</summary>
    public const string MonitorLock = "monitor.lock";

    /// <summary>While it is there, a container that is removed at its end stays: it is being restarted.</summary>
    public const string Keep = "keep";

    /// <summary>While it is there, the container ends and is removed with the shell that has started it.</summary>
    public const string Bound = "bound";

    /// <summary>Empty; there once somebody has killed the container: its monitor then waits for nobody who takes the last of its output.</summary>
    public const string GivenUp = "given-up";

    /// <summary>The socket by which those come who work with the container's terminal or feed its standard input.</summary>
    public const string Attach = "attach";

    /// <summary>What an image without layers has instead of them: a directory with nothing in it.</summary>
    public const string Lower = "lower";

    /// <summary>The system call filter that the caller gave, in Docker's format.</summary>
    public const string SeccompProfile = "seccomp.json";

    public const string Log = "container.log";
    public const string Upper = "upper";
    public const string Work = "work";
    public const string Hosts = "hosts";
    public const string HostName = "hostname";
    public const string ResolvConf = "resolv.conf";

    /// <summary>Makes an empty file that says something by being there. Where somebody has removed the container, it says nothing any more.</summary>
    /// <param name="directory">The container's.</param>
    /// <param name="name">The file's name.</param>
    public static void Mark(string directory, string name)
    {
        try
        {
            File.WriteAllBytes(Path.Combine(directory, name), []);
        }
        catch (DirectoryNotFoundException)
        {
        }
    }
}
