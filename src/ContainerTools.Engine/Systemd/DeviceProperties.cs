using System.Globalization;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Engine.Systemd;

/// <summary>A container's device rules as properties of its scope: systemd keeps a list of its own, and a device must be in both.</summary>
internal static class DeviceProperties
{
    public static IEnumerable<UnitProperty> Of(IReadOnlyList<CgroupDeviceRule> rules)
    {
        if (rules.Count == 0)
            return [];
        // systemd has no order and no exceptions: where something is allowed that a later rule takes away, ours alone says so.
        if (rules.Any(rule => rule is { Allow: true, Type: 'a' }))
            return [UnitProperty.Text("DevicePolicy", "auto")];
        List<(string, string)> allowed = [];
        foreach (var rule in rules.Where(rule => rule.Allow))
        {
            if (Name(rule) is { } name)
                allowed.Add((name, rule.Access));
        }
        return [UnitProperty.Text("DevicePolicy", "strict"), UnitProperty.Pairs("DeviceAllow", allowed)];
    }

    private static string? Name(CgroupDeviceRule rule)
    {
        string kind = rule.Type == 'b' ? "block" : "char";
        if (rule.Major < 0)
            return kind + "-*";
        if (rule.Minor < 0)
            return Driver(rule) is { } driver ? $"{kind}-{driver}" : null;
        return string.Create(CultureInfo.InvariantCulture, $"/dev/{kind}/{rule.Major}:{rule.Minor}");
    }

    /// <summary>The name of a major number, which is how systemd takes all its devices (/proc/devices, proc(5)).</summary>
    private static string? Driver(CgroupDeviceRule rule)
    {
        bool block = false;
        foreach (string line in File.ReadLines("/proc/devices"))
        {
            if (line.EndsWith(':'))
                block = line.StartsWith("Block", StringComparison.Ordinal);
            else if (block == (rule.Type == 'b') && line.Trim().Split(' ', 2) is [var number, var name] && int.TryParse(number, CultureInfo.InvariantCulture, out int major) && major == rule.Major)
                return name;
        }
        return null;
    }
}
