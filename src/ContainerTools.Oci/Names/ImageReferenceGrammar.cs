using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ContainerTools.Oci;

/// <summary>
/// The grammar of names (distribution-spec, "Pulling manifests", and Docker's narrower rules), written out by hand: building
/// regular expressions costs more than the rest of importing the module.
/// </summary>
internal static class ImageReferenceGrammar
{
    private const int MaxRepositoryLength = 255;
    private const int MaxTagLength = 128;

    internal static bool IsImageId(string text) => text.Length == 64 && Digest.IsLowerHex(text);

    internal static bool IsTag(string tag)
    {
        if (tag.Length is 0 or > MaxTagLength || tag[0] is '.' or '-')
        {
            return false;
        }

        foreach (char c in tag)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    internal static string? CheckRegistry(string registry)
    {
        string host = registry;
        int close = registry.StartsWith('[') ? registry.IndexOf(']') : -1;
        int colon = registry.IndexOf(':', close + 1);
        if (colon >= 0)
        {
            host = registry[..colon];
            if (!ushort.TryParse(registry.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
            {
                return $"the registry '{registry}' has a port that is not a number from 1 to 65535";
            }
        }

        if (close >= 0)
        {
            return close == host.Length - 1 && IPAddress.TryParse(host[1..^1], out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
                ? null
                : $"the registry '{registry}' is not an IPv6 address in brackets";
        }

        foreach (string label in host.Split('.'))
        {
            if (label.Length == 0 || label[0] == '-' || label[^1] == '-' || !label.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                return $"the registry '{registry}' is not a host name";
            }
        }

        return null;
    }

    internal static string? CheckRepository(string repository)
    {
        if (repository.Length > MaxRepositoryLength)
        {
            return $"the repository is {repository.Length} characters long, at most {MaxRepositoryLength} are allowed";
        }

        if (repository.AsSpan().ContainsAnyInRange('A', 'Z'))
        {
            return $"the repository '{repository}' has upper-case letters, only lower-case ones are allowed";
        }

        foreach (string component in repository.Split('/'))
        {
            if (!IsPathComponent(component))
            {
                return $"the repository '{repository}' must be made of lower-case letters and digits, separated by '/', '.', '_', '__' or '-'";
            }
        }

        return null;
    }

    // [a-z0-9]+ ((\. | _ | __ | -+) [a-z0-9]+)*
    private static bool IsPathComponent(ReadOnlySpan<char> component)
    {
        bool afterAlphanumeric = false;
        for (int i = 0; i < component.Length;)
        {
            if (char.IsAsciiLetterLower(component[i]) || char.IsAsciiDigit(component[i]))
            {
                afterAlphanumeric = true;
                i++;
                continue;
            }

            char separator = component[i];
            int run = 1;
            while (i + run < component.Length && component[i + run] == separator)
            {
                run++;
            }

            bool allowed = separator switch { '.' => run == 1, '_' => run <= 2, '-' => true, _ => false };
            if (!afterAlphanumeric || !allowed)
            {
                return false;
            }

            afterAlphanumeric = false;
            i += run;
        }

        return afterAlphanumeric;
    }
}
