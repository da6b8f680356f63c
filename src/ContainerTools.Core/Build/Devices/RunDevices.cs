using ContainerTools.Engine.Volumes;

namespace ContainerTools.Core.Build.Devices;

/// <summary>What devices bring to a command.</summary>
/// <param name="Names">Their full names, for the key in the cache.</param>
internal sealed record RunDevices(IReadOnlyList<string> Names)
{
    /// <summary>None.</summary>
    internal static RunDevices None { get; } = new([]);

    /// <summary>Variables.</summary>
    internal List<KeyValuePair<string, string>> Environment { get; } = [];

    /// <summary>Device nodes, as <c>/dev/x:/dev/y:rwm</c>.</summary>
    internal List<string> Nodes { get; } = [];

    /// <summary>Files and directories of the host.</summary>
    internal List<VolumeMount> Mounts { get; } = [];

    /// <summary>Groups that the command is in.</summary>
    internal List<string> Groups { get; } = [];
}
