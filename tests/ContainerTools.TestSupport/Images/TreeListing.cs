namespace ContainerTools.TestSupport;

/// <summary>
/// Every file beneath a directory with all that a layer can say of it: type, mode, owner, size, device number, times to the
/// nanosecond, link target, content, extended attributes, and which names are one inode. Taken by GNU tools, not by the code under test.
/// </summary>
public static class TreeListing
{
    /// <summary>One line a fact, in an order that does not depend on the file system.</summary>
    /// <param name="directory">The root; its own attributes are listed as ".".</param>
    public static IReadOnlyList<string> Of(string directory)
    {
        const string Script = """
            export LC_ALL=C TZ=UTC0
            find . -xdev -print0 | sort -z >"$1/names"
            # Directories' sizes and link counts belong to the file system, not to the image.
            xargs -0 -a "$1/names" stat --printf '%F|%s|%h|%a|%u|%g|%t:%T|%y|%N\n' |
                awk -F'|' -v OFS='|' '$1 == "directory" { $2 = $3 = "-" } { name = $9; for (i = 10; i <= NF; i++) name = name "|" $i; print name, $1, $2, $3, $4, $5, $6, $7, $8 }'
            find . -xdev -type f -print0 | sort -z | xargs -0 -r sha256sum -z | tr '\0' '\n' | sed 's/^\\*\([0-9a-f]*\)  \(.*\)/content \2 \1/'
            xargs -0 -a "$1/names" getfattr -h -d -m '^(user|security|system|trusted)\.' -e hex -- 2>/dev/null |
                awk '/^# file: / { file = substr($0, 9); next } /^trusted\.overlay\./ { next } NF { print "attribute " file " " $0 }'
            find . -xdev ! -type d -links +1 -printf '%i %p\n' | sort | awk '{ inode = $1; sub(/^[0-9]+ /, ""); set[inode] = set[inode] " " $0 } END { for (i in set) print "one inode:" set[i] }' | sort
            """;
        using var scratch = new TemporaryDirectory();
        return Command.Run("bash", ["-euo", "pipefail", "-c", Script, "bash", scratch], workingDirectory: directory, timeout: TimeSpan.FromMinutes(3)).Succeeded().Lines;
    }

    /// <summary>What one listing has and the other has not, as "- line" and "+ line".</summary>
    public static IReadOnlyList<string> Differences(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        var expectedSet = expected.ToHashSet(StringComparer.Ordinal);
        var actualSet = actual.ToHashSet(StringComparer.Ordinal);
        return [.. expected.Where(line => !actualSet.Contains(line)).Select(line => "- " + line)
            .Concat(actual.Where(line => !expectedSet.Contains(line)).Select(line => "+ " + line))];
    }
}
