namespace ContainerTools.Engine.Containers;

/// <summary>A further command in a running container.</summary>
public sealed class ExecOptions
{
    /// <summary>Command and arguments.</summary>
    public IReadOnlyList<string> Command { get; set; } = [];

    /// <summary>Variables set beside the container's own; null takes one of those away.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; set; } = new Dictionary<string, string?>();

    /// <summary>User, as <c>name</c>, <c>name:group</c>, <c>uid</c> or <c>uid:gid</c>; null for the container's.</summary>
    public string? User { get; set; }

    /// <summary>Working directory inside; null for the container's.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>Whether it has all capabilities.</summary>
    public bool Privileged { get; set; }

    /// <summary>Whether it gets a terminal of its own. Then all its output is on one stream.</summary>
    public bool Terminal { get; set; }

    /// <summary>Takes what the command writes to its standard output, byte for byte, on the thread that reads it; null to have it as lines. It stays open.</summary>
    public Stream? StandardOutput { get; set; }

    /// <summary>What the command reads from its standard input; null for nothing (/dev/null).</summary>
    public Stream? StandardInput { get; set; }
}
