namespace ContainerTools.Engine.Containers;

/// <summary>Environments as lists of <c>NAME=value</c>.</summary>
internal static class EnvironmentList
{
    public static IReadOnlyDictionary<string, string> ToDictionary(IReadOnlyList<string> list)
    {
        var result = new Dictionary<string, string>(list.Count, StringComparer.Ordinal);
        foreach (string entry in list)
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                result[entry[..equals]] = entry[(equals + 1)..];
        }
        return result;
    }

    /// <summary>Sets a variable, in the place of an entry of that name if there is one.</summary>
    public static void Set(List<string> list, string name, string value)
    {
        string entry = $"{name}={value}";
        int index = list.FindIndex(e => e.StartsWith(name, StringComparison.Ordinal) && e.Length > name.Length && e[name.Length] == '=');
        if (index < 0)
            list.Add(entry);
        else
            list[index] = entry;
    }

    public static bool Contains(List<string> list, string name) =>
        list.Exists(e => e.StartsWith(name, StringComparison.Ordinal) && e.Length > name.Length && e[name.Length] == '=');
}
