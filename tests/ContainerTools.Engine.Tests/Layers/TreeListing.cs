using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Layers;

/// <summary>Everything that can be seen of a directory tree, a line a fact, by GNU tools and not by the product's own code.</summary>
internal static class TreeListing
{
    /// <summary>Types, modes, owners, times to the nanosecond, sizes, contents, link targets, device numbers, attributes, groups of hard links.</summary>
    public static IReadOnlyList<string> Of(string directory)
    {
        const string script = """
            find . -mindepth 1 ! -type d ! -type c ! -type b -printf '%p\t%y %m %U:%G %T@ %s -> %l\t%i\n'
            find . -type d -printf '%p\t%y %m %U:%G\t\n'
            find . -mindepth 1 -type d -printf '%p\ttime %T@\t\n'
            find . \( -type c -o -type b \) -printf '%p\t%y %m %U:%G %T@\t\n' -exec stat -c $'%n\tdevice %t:%T\t' {} +
            find . -type f -size +0 -exec sha256sum {} + | sed 's/\([0-9a-f]*\)  \(.*\)/\2\t\1\t/'
            getfattr -Rhd -m - -e hex . 2>/dev/null | awk '/^# file: /{f=substr($0,9)} /=/{print "./" f "\t" $0 "\t"}'
            """;
        var result = Command.Run("bash", ["-euc", script], new Dictionary<string, string?> { ["LC_ALL"] = "C" }, workingDirectory: directory).Succeeded();
        var facts = result.Lines.Select(line => line.Split('\t')).ToList();
        var firstNames = facts.Where(f => f[2].Length > 0).GroupBy(f => f[2]).ToDictionary(g => g.Key, g => g.Select(f => f[0]).Min(StringComparer.Ordinal)!);
        return [.. facts.Select(f => $"{f[0]}: {f[1]}{(f[2].Length > 0 ? $" same as {firstNames[f[2]]}" : "")}").Order(StringComparer.Ordinal)];
    }
}
