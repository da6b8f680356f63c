using ContainerTools.Engine;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Runtime.CommandLine;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// The groups below a container's that a further process joins, as <c>exec --cgroup</c> names them: <c>PATH</c> for all hierarchies, <c>CONTROLLER[,CONTROLLER]:PATH</c> for one of
/// version 1.
/// </summary>
internal sealed class SubGroups
{
    private readonly Dictionary<string, string> _paths = new(StringComparer.Ordinal);

    /// <summary>Adds one.</summary>
    public void Add(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var path = text[(colon + 1)..].Trim('/');
        if (path.Split('/').Any(part => part is ".." or "." or "") && path.Length > 0)
            throw new CommandException($"'--cgroup {text}' is not the path of a group below the container's: names separated by '/'.");
        foreach (var controller in colon > 0 ? text[..colon].Split(',') : [""])
        {
            if (controller.Length > 0 && !CgroupHierarchies.Current.V1.ContainsKey(controller))
                throw new CommandException($"'--cgroup {text}': version 1 of control groups has no '{controller}' here. Leave the controller out to mean all.");
            _paths[controller] = path.Length > 0 ? "/" + path : "";
        }
    }

    /// <summary>What a process joins.</summary>
    /// <param name="container">The container's group; null where it has none.</param>
    /// <returns>
    /// The files by which a process of one thread joins in version 1, and the directory that it is made in in version 2. Where none were asked for a hierarchy that was mounted after the container
    /// was made has no such file, and nothing is limited by it.
    /// </returns>
    public (IReadOnlyList<string> JoinFiles, string? UnifiedDirectory) Resolve(string? container)
    {
        if (container is null)
            return _paths.Count == 0 ? ([], null) : throw new CommandException("The container has no control group of its own, below which others could be.");
        if (_paths.Count == 0)
            return (Cgroup.At(container).LegacyJoinFiles, Cgroup.At(container).UnifiedDirectory);
        var hierarchies = CgroupHierarchies.Current;
        var general = _paths.GetValueOrDefault("", "");
        // Of controllers that are mounted together any may be named.
        var files = hierarchies.V1.GroupBy(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Key}{container}{group.Select(_paths.GetValueOrDefault).FirstOrDefault(path => path is not null) ?? general}/tasks").ToList();
        var unified = hierarchies.Unified is { } root ? root + container + general : null;
        // The version 2 tree of a hybrid host is no place that anybody makes groups in.
        if (unified is not null && !hierarchies.UnifiedControls && !Directory.Exists(unified))
            unified = hierarchies.Unified + container;
        if (files.Append(unified is null ? "/" : unified + "/cgroup.procs").FirstOrDefault(file => !Path.Exists(file)) is { } missing)
            throw new ContainerToolsException("CgroupNotFound", ErrorKind.NotFound, $"There is no control group '{Path.GetDirectoryName(missing)}' below the container's. Make it first.", missing);
        return (files, unified);
    }
}
