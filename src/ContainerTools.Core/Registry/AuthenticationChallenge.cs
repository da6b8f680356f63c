using System.Net.Http.Headers;
using System.Text;

namespace ContainerTools.Core.Registry;

/// <summary>One challenge of a <c>WWW-Authenticate</c> header (RFC 9110, section 11.6.1).</summary>
internal sealed record AuthenticationChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    internal string? Get(string name) => Parameters.TryGetValue(name, out string? value) ? value : null;

    internal bool Is(string scheme) => Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase);

    internal static IReadOnlyList<AuthenticationChallenge> Parse(HttpHeaderValueCollection<AuthenticationHeaderValue> headers)
    {
        var challenges = new List<AuthenticationChallenge>();
        foreach (var header in headers)
        {
            challenges.Add(new AuthenticationChallenge(header.Scheme, ParseParameters(header.Parameter ?? "")));
        }

        return challenges;
    }

    private static Dictionary<string, string> ParseParameters(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        int i = 0;
        while (i < text.Length)
        {
            int equals = text.IndexOf('=', i);
            if (equals < 0)
            {
                break;
            }

            string name = text[i..equals].Trim(' ', ',', '\t');
            var value = new StringBuilder();
            i = equals + 1;
            if (i < text.Length && text[i] == '"')
            {
                for (i++; i < text.Length && text[i] != '"'; i++)
                {
                    // A backslash quotes the next character.
                    if (text[i] == '\\' && i + 1 < text.Length)
                    {
                        i++;
                    }

                    value.Append(text[i]);
                }

                i++;
            }
            else
            {
                for (; i < text.Length && text[i] != ','; i++)
                {
                    value.Append(text[i]);
                }
            }

            parameters[name] = value.ToString();
        }

        return parameters;
    }
}
