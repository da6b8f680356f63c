using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>
/// A content identifier, <c>algorithm:hex</c> (image-spec, descriptor.md, "Digests"). Only the registered algorithms
/// sha256 and sha512 are accepted, always in lower case, so that two equal digests have one spelling.
/// </summary>
[JsonConverter(typeof(DigestJsonConverter))]
public readonly record struct Digest
{
    private const int Sha256HexLength = 64;
    private const int Sha512HexLength = 128;

    private Digest(string algorithm, string hex)
    {
        Algorithm = algorithm;
        Hex = hex;
    }

    /// <summary>The algorithm's name: <c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm { get; }

    /// <summary>The hash as lower-case hexadecimal digits.</summary>
    public string Hex { get; }

    /// <summary>The first twelve hexadecimal digits, as people read them.</summary>
    public string ShortHex => Hex is null ? "" : Hex[..12];

    /// <summary>Whether this is <c>default</c>, which names nothing.</summary>
    public bool IsEmpty => Hex is null;

    /// <summary>Makes a digest from the 32 bytes of a SHA-256 hash.</summary>
    public static Digest FromSha256(ReadOnlySpan<byte> hash) => hash.Length == Sha256HexLength / 2
        ? new Digest("sha256", Convert.ToHexStringLower(hash))
        : throw new ArgumentException("A SHA-256 hash has 32 bytes.", nameof(hash));

    /// <summary>Makes a digest from the 64 bytes of a SHA-512 hash.</summary>
    public static Digest FromSha512(ReadOnlySpan<byte> hash) => hash.Length == Sha512HexLength / 2
        ? new Digest("sha512", Convert.ToHexStringLower(hash))
        : throw new ArgumentException("A SHA-512 hash has 64 bytes.", nameof(hash));

    /// <summary>Parses <c>algorithm:hex</c>.</summary>
    /// <exception cref="FormatException">The text is not a digest of a known algorithm.</exception>
    public static Digest Parse(string text) => TryParse(text, out var digest)
        ? digest
        : throw new FormatException($"'{text}' is not a digest: expected 'sha256:' and 64, or 'sha512:' and 128, lower-case hexadecimal digits.");

    /// <summary>Parses <c>algorithm:hex</c> without an exception.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null)
        {
            return false;
        }

        int colon = text.IndexOf(':');
        if (colon < 0)
        {
            return false;
        }

        var hex = text.AsSpan(colon + 1);
        string? algorithm = text.AsSpan(0, colon) switch
        {
            "sha256" when hex.Length == Sha256HexLength => "sha256",
            "sha512" when hex.Length == Sha512HexLength => "sha512",
            _ => null,
        };
        if (algorithm is null || !IsLowerHex(hex))
        {
            return false;
        }

        digest = new Digest(algorithm, hex.ToString());
        return true;
    }

    internal static bool IsLowerHex(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc />
    public override string ToString() => Hex is null ? "" : $"{Algorithm}:{Hex}";
}
