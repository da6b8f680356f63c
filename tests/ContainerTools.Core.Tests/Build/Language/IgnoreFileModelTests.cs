using System.Text;
using ContainerTools.Core.Build.Language;

namespace ContainerTools.Core.Tests.Build.Language;

/// <summary>The quick ways of a .dockerignore against the slow and simple one: each pattern tried on the path and on each directory above it.</summary>
public class IgnoreFileModelTests
{
    [Fact]
    public void AgreesWithASimpleModel()
    {
        var random = new Random(11);
        string[] parts = ["a", "b", "ab", "*", "?", "a*", "*b", "a?", "**", "[ab]", "a*b", "\\a", "*.c", "x.c"];
        string[] names = ["a", "b", "ab", "aab", "x.c", ".c", "c"];
        for (int i = 0; i < 4000; i++)
        {
            var lines = Enumerable.Range(0, random.Next(1, 5)).Select(_ => (random.Next(3) == 0 ? "!" : "")
                + string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => parts[random.Next(parts.Length)]))).ToArray();
            var file = IgnoreFile.Parse(Encoding.UTF8.GetBytes(string.Join('\n', lines)), ".dockerignore");
            string[] path = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => names[random.Next(names.Length)])];
            string text = $"{string.Join(" | ", lines)} : {string.Join('/', path)} = ";
            Assert.Equal(text + Model(lines, path), text + file.IsIgnored(string.Join('/', path)));

            // What is said to be closed holds nothing that is let in.
            var state = file.Root;
            foreach (string name in path)
            {
                Assert.False(state.IsClosed && !file.IsIgnored(string.Join('/', path)), text + "closed");
                state = file.Enter(state, name);
            }
        }
    }

    private static bool Model(string[] lines, string[] path)
    {
        bool ignored = false;
        foreach (string line in lines)
        {
            bool exception = line.StartsWith('!');
            string pattern = line.TrimStart('!');
            if (Enumerable.Range(1, path.Length).Any(n => Matches(pattern, string.Join('/', path[..n]))))
                ignored = !exception;
        }

        return ignored;
    }

    private static bool Matches(string pattern, string path)
    {
        if (pattern.Length == 0)
            return path.Length == 0;
        if (pattern.StartsWith("**", StringComparison.Ordinal))
        {
            string rest = pattern[2..].StartsWith('/') ? pattern[3..] : pattern[2..];
            return rest.Length == 0 || Matches(rest, path) || Enumerable.Range(0, path.Length).Any(i => path[i] == '/' && Matches(rest, path[(i + 1)..]));
        }

        if (pattern[0] == '*')
            return Matches(pattern[1..], path) || (path.Length > 0 && path[0] != '/' && Matches(pattern, path[1..]));
        if (path.Length == 0)
            return false;
        return pattern[0] switch
        {
            '?' => path[0] != '/' && Matches(pattern[1..], path[1..]),
            '[' => path[0] is 'a' or 'b' && Matches(pattern[4..], path[1..]),
            '\\' => path[0] == pattern[1] && Matches(pattern[2..], path[1..]),
            _ => path[0] == pattern[0] && Matches(pattern[1..], path[1..]),
        };
    }
}
