using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>
/// What an image runs on (image-spec, image-index.md, "platform"). Names are Go's: <c>linux/amd64</c>, <c>linux/arm/v7</c>.
/// </summary>
public sealed record Platform
{
    /// <summary>The operating system, as Go names it: <c>linux</c>.</summary>
    [JsonPropertyName("os")]
    public string Os { get; init => field = value ?? ""; } = "";

    /// <summary>The processor architecture, as Go names it: <c>amd64</c>, <c>arm64</c>.</summary>
    [JsonPropertyName("architecture")]
    public string Architecture { get; init => field = value ?? ""; } = "";

    /// <summary>The processor's variant: <c>v7</c> of <c>arm</c>.</summary>
    [JsonPropertyName("variant")]
    public string? Variant { get; init; }

    /// <summary>The version of the operating system, which Windows images name.</summary>
    [JsonPropertyName("os.version")]
    public string? OsVersion { get; init; }

    /// <summary>Required features of the operating system.</summary>
    [JsonPropertyName("os.features")]
    public IReadOnlyList<string>? OsFeatures { get; init; }

    /// <summary>This machine's platform.</summary>
    [JsonIgnore]
    public static Platform Current { get; } = new() { Os = "linux", Architecture = CurrentArchitecture(), Variant = CurrentVariant() };

    /// <summary>Parses <c>os/architecture[/variant]</c>, or an architecture alone, which means Linux.</summary>
    /// <exception cref="FormatException">The text is not a platform.</exception>
    public static Platform Parse(string text) => TryParse(text, out var platform)
        ? platform
        : throw new FormatException($"'{text}' is not a platform: expected 'os/architecture' or 'os/architecture/variant', like 'linux/arm64'.");

    /// <summary>Parses a platform without an exception.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Platform? platform)
    {
        platform = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            return false;
        }

        string[] parts = text.Trim().ToLowerInvariant().Split('/');
        if (parts.Length > 3 || parts.Any(static p => p.Length == 0 || !p.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')))
        {
            return false;
        }

        platform = parts.Length == 1
            ? (parts[0] is "linux" or "windows" or "darwin" or "freebsd"
                ? new Platform { Os = parts[0], Architecture = Current.Architecture }
                : new Platform { Os = "linux", Architecture = parts[0] })
            : new Platform { Os = parts[0], Architecture = parts[1], Variant = parts.Length == 3 ? parts[2] : null };
        platform = platform.Normalize();
        return true;
    }

    /// <summary>The same platform with the one spelling that matching uses: <c>x86_64</c> becomes <c>amd64</c>, <c>arm64/v8</c> <c>arm64</c>.</summary>
    public Platform Normalize()
    {
        string architecture = Architecture.ToLowerInvariant();
        string? variant = string.IsNullOrEmpty(Variant) ? null : Variant.ToLowerInvariant();
        (architecture, variant) = architecture switch
        {
            "x86_64" or "x86-64" or "amd64" => ("amd64", variant == "v1" ? null : variant),
            "aarch64" or "arm64" => ("arm64", variant is "8" or "v8" ? null : variant),
            "armhf" => ("arm", "v7"),
            "armel" => ("arm", "v6"),
            "arm" => ("arm", variant switch { null or "7" => "v7", "5" => "v5", "6" => "v6", "8" => "v8", _ => variant }),
            "i386" or "i686" or "x86" => ("386", null),
            _ => (architecture, variant),
        };
        return this with { Os = Os.ToLowerInvariant(), Architecture = architecture, Variant = variant };
    }

    /// <summary>
    /// How well an image for <paramref name="candidate"/> runs here: 0 is exact, larger is worse, null is not at all. Lower variants of
    /// <c>arm</c> and <c>amd64</c> run on higher ones.
    /// </summary>
    public int? Rank(Platform candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        var wanted = Normalize();
        var offered = candidate.Normalize();
        if (wanted.Os != offered.Os || wanted.Architecture != offered.Architecture)
        {
            return null;
        }

        if (wanted.Variant == offered.Variant)
        {
            return 0;
        }

        int difference = Level(wanted.Variant) - Level(offered.Variant);
        return wanted.Architecture is "arm" or "amd64" && difference >= 0 ? difference : null;
    }

    /// <summary>Whether an image for <paramref name="candidate"/> satisfies this platform.</summary>
    public bool Matches(Platform candidate) => Rank(candidate) is not null;

    /// <inheritdoc />
    public override string ToString() => string.IsNullOrEmpty(Variant) ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    private static int Level(string? variant) => variant is ['v', >= '0' and <= '9'] ? variant[1] - '0' : 1;

    private static string CurrentArchitecture() => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.Arm => "arm",
        System.Runtime.InteropServices.Architecture.Ppc64le => "ppc64le",
        System.Runtime.InteropServices.Architecture.S390x => "s390x",
        System.Runtime.InteropServices.Architecture.RiscV64 => "riscv64",
        System.Runtime.InteropServices.Architecture.LoongArch64 => "loong64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static string? CurrentVariant() =>
        RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm ? "v7" : null;
}
