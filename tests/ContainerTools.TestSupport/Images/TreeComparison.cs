namespace ContainerTools.TestSupport;

/// <summary>
/// Compares two trees on one base image by GNU tools: all names and types, and of directories and of what either has made or changed since a moment all else but
/// times. Quicker than two <see cref="TreeListing"/>s, which read all files.
/// </summary>
public static class TreeComparison
{
    /// <summary>What one has and the other has not, as "- line" and "+ line".</summary>
    /// <param name="since">A file whose change time is the moment; both bases were unpacked before it.</param>
    public static IReadOnlyList<string> Differences(string expected, string actual, string since)
    {
        using var scratch = new TemporaryDirectory();
        const string Changed = """
            for tree in "$@"; do
                cd "$tree"
                find . -xdev -mindepth 1 \( -type d -o -cnewer "$since" \) -print0
            done | LC_ALL=C sort -zu >"$names"
            """;
        // Directories' sizes belong to the file system, and link counts to the layers: a name that a later one hides is still one.
        const string Facts = """
            export LC_ALL=C
            find . -xdev -mindepth 1 -printf 'name %y %P\n' | sort
            xargs -0 -r -a "$1" stat --printf '%F|%s|%a|%u|%g|%t:%T|%N\n' 2>/dev/null | sed 's/^directory|[0-9]*|/directory|-|/' || true
            xargs -0 -r -a "$1" sh -c 'for file; do [ -L "$file" ] || [ ! -f "$file" ] || printf "%s\\0" "$file"; done' sh |
                xargs -0 -r sha256sum -z | tr '\0\n' '\n?' | sed 's/^\([0-9a-f]*\)  \(.*\)/content \2 \1/'
            xargs -0 -r -a "$1" getfattr -h -d -m '^(user|security|system|trusted)\.' -e hex -- 2>/dev/null |
                awk '/^# file: / { file = substr($0, 9); next } /^trusted\.overlay\./ { next } NF { print "attribute " file " " $0 }' || true
            find . -xdev ! -type d -links +1 -cnewer "$2" -printf '%i %p\n' | sort |
                awk '{ inode = $1; sub(/^[0-9]+ /, ""); set[inode] = set[inode] " " $0; count[inode]++ } END { for (i in set) if (count[i] > 1) print "one inode:" set[i] }' | sort
            """;
        Command.Run("bash", ["-euc", "since=$1 names=$2; shift 2; " + Changed, "bash", since, scratch["names"], expected, actual]).Succeeded();
        IReadOnlyList<string> Of(string directory) =>
            Command.Run("bash", ["-euo", "pipefail", "-c", Facts, "bash", scratch["names"], since], workingDirectory: directory, timeout: TimeSpan.FromMinutes(2)).Succeeded().Lines;
        return TreeListing.Differences(Of(expected), Of(actual));
    }
}
