namespace ContainerTools.Core.Registry;

/// <summary>Orders names by their likeness to one that was not found, for "did you mean".</summary>
internal static class NearNames
{
    private const int MaxCompared = 64;

    internal static IEnumerable<string> Order(string wanted, IEnumerable<string> names) => names.OrderBy(n => Distance(wanted, n));

    /// <summary>Names that might have been meant: few edits away, or one contains the other.</summary>
    internal static IEnumerable<string> Near(string wanted, IEnumerable<string> names) =>
        Order(wanted, names.Where(n => n.Contains(wanted, StringComparison.OrdinalIgnoreCase) || wanted.Contains(n, StringComparison.OrdinalIgnoreCase)
            || Distance(wanted, n) <= Math.Max(2, wanted.Length / 4)));

    // Levenshtein's, on the beginnings of long names.
    internal static int Distance(string a, string b)
    {
        a = a.Length > MaxCompared ? a[..MaxCompared] : a;
        b = b.Length > MaxCompared ? b[..MaxCompared] : b;
        Span<int> previous = stackalloc int[b.Length + 1];
        Span<int> current = stackalloc int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(replace, Math.Min(previous[j], current[j - 1]) + 1);
            }

            current.CopyTo(previous);
        }

        return previous[b.Length];
    }
}
