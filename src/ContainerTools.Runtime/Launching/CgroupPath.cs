using System.Text;
using ContainerTools.Linux.Files;
using ContainerTools.Runtime.CommandLine;

namespace ContainerTools.Runtime.Launching;

/// <summary>Where a container's control group lies (runtime-spec config-linux.md, "Cgroups Path").</summary>
internal static class CgroupPath
{
    /// <summary>The path from each hierarchy's root.</summary>
    /// <param name="path">The document's: a path, <c>slice:prefix:name</c> as engines that use systemd write it, or nothing.</param>
    /// <param name="id">The container.</param>
    /// <param name="manager">With systemd's paths only the second form is right.</param>
    public static string Resolve(string? path, string id, CgroupManager manager)
    {
        if (string.IsNullOrEmpty(path) && manager != CgroupManager.Systemd)
            return "/containertools/" + id;
        if (manager != CgroupManager.Systemd && Parts(path!) is null)
            return path!;
        var (slice, unit) = Scope(path, id);
        return $"{Slice(slice)}/{unit}";
    }

    /// <summary>Refuses a path that names no group below the hierarchies' roots.</summary>
    public static void Check(string path)
    {
        var relative = path.Trim('/');
        if (relative.Length == 0 || relative.Split('/').Any(part => part is "" or "." or ".."))
            throw NamespacePlan.Invalid($"its cgroupsPath '{path}' is not the path of a control group: names separated by '/', none of them '.' or '..'");
    }

    /// <summary>The slice and the scope that a document asks systemd for.</summary>
    /// <param name="path">The document's.</param>
    /// <param name="id">The container.</param>
    public static (string Slice, string Unit) Scope(string? path, string id)
    {
        if (string.IsNullOrEmpty(path))
            return (DefaultSlice, $"ctrun-{id}.scope");
        if (Parts(path) is not var (slice, prefix, name))
            throw NamespacePlan.Invalid($"its cgroupsPath '{path}' is not of the form slice:prefix:name, which '--systemd-cgroup' asks for");
        return (slice.Length > 0 ? slice : DefaultSlice, $"{(prefix.Length > 0 ? prefix + "-" : "")}{name}.scope");
    }

    // An ordinary user's systemd has no system.slice.
    private static string DefaultSlice => FileCalls.EffectiveUserId == 0 ? "system.slice" : "user.slice";

    private static (string Slice, string Prefix, string Name)? Parts(string path) =>
        path.Split(':') is [var slice, var prefix, { Length: > 0 } name] && !path.Contains('/', StringComparison.Ordinal) ? (slice, prefix, name) : null;

    // A slice lies in those that its name begins with: a-b.slice in a.slice (systemd.slice(5)).
    private static string Slice(string slice)
    {
        const string Suffix = ".slice";
        if (slice == "-.slice")
            return "";
        if (!slice.EndsWith(Suffix, StringComparison.Ordinal) || slice.Length == Suffix.Length)
            throw NamespacePlan.Invalid($"its cgroupsPath names the slice '{slice}', which does not end with .slice");
        var path = new StringBuilder();
        var parts = slice[..^Suffix.Length].Split('-');
        if (Array.Exists(parts, part => part.Length == 0))
            throw NamespacePlan.Invalid($"its cgroupsPath names the slice '{slice}', which has an empty part");
        for (var i = 1; i <= parts.Length; i++)
            path.Append('/').AppendJoin('-', parts[..i]).Append(Suffix);
        return path.ToString();
    }
}
