namespace ContainerTools.Core.Build;

/// <summary>Reads options as docker writes them: <c>type=registry,ref=NAME</c>, or one value alone.</summary>
internal static class OptionList
{
    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="alone">The name of the value when it stands alone.</param>
    /// <param name="known">All names.</param>
    /// <param name="error">Makes the error for a problem.</param>
    internal static Dictionary<string, string> Parse(string text, string alone, IReadOnlyCollection<string> known, Func<string, Exception> error)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!known.Any(k => text.StartsWith(k + "=", StringComparison.OrdinalIgnoreCase)))
        {
            result[alone] = text;
            return result;
        }

        foreach (string field in text.Split(','))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            string name = (equals < 0 ? field : field[..equals]).Trim().ToLowerInvariant();
            if (!known.Contains(name) || equals < 0)
            {
                throw error(known.Contains(name) ? $"{name} needs a value: {name}=..." : $"'{name}' is none of {string.Join(", ", known)}");
            }

            if (!result.TryAdd(name, field[(equals + 1)..]))
            {
                throw error($"{name} is given twice");
            }
        }

        return result;
    }
}
