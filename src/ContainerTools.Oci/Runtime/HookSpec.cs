namespace ContainerTools.Oci.Runtime;

/// <summary>One command of a hook; the container's state arrives on its standard input.</summary>
public sealed class HookSpec
{
    /// <summary>Absolute path.</summary>
    public string Path { get; set; } = "";

    /// <summary>Arguments as execv(3), the first one being the name.</summary>
    public List<string>? Args { get; set; }

    /// <summary>Environment, <c>NAME=value</c> each.</summary>
    public List<string>? Env { get; set; }

    /// <summary>Seconds until the hook is given up.</summary>
    public int? Timeout { get; set; }
}
