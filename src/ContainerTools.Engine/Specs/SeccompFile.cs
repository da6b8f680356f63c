using System.Text.Json;
using System.Text.Json.Serialization;
using ContainerTools.Linux;
using ContainerTools.Linux.Seccomp;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Specs;

/// <summary>Reads a filter in Docker's JSON format, whose rules can hang on capabilities, architecture and kernel version.</summary>
public static class SeccompFile
{
    /// <summary>Reads a file and keeps what holds for a process with a bounding set on this machine.</summary>
    /// <exception cref="ContainerToolsException">SeccompProfileNotFound, SeccompProfileInvalid.</exception>
    public static LinuxSeccomp Read(string path, ulong bounding)
    {
        try
        {
            return Read(File.ReadAllBytes(path), bounding);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ContainerToolsException("SeccompProfileNotFound", ErrorKind.NotFound, $"The seccomp profile '{path}' does not exist.", path, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(error, "SeccompProfileUnreadable", $"The seccomp profile '{path}' could not be read", path);
        }
        catch (JsonException error)
        {
            throw new ContainerToolsException("SeccompProfileInvalid", ErrorKind.InvalidData, $"The seccomp profile '{path}' is not in Docker's JSON format: {error.Message}", path, error);
        }
    }

    /// <summary>Reads the text itself.</summary>
    /// <exception cref="JsonException">It is not such a document.</exception>
    /// <exception cref="ContainerToolsException">SeccompProfileInvalid: an action, operator or architecture is not known.</exception>
    public static LinuxSeccomp Read(ReadOnlySpan<byte> json, ulong bounding)
    {
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        Document document = JsonSerializer.Deserialize(json, SeccompFileJson.Default.Document) ?? throw new JsonException("It holds the JSON value null.");
        string native = SeccompProfile.Native == SeccompArchitecture.AArch64 ? "arm64" : "amd64";
        string nativeToken = SeccompProfile.Native == SeccompArchitecture.AArch64 ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";
        List<string>? architectures = document.Architectures;
        if (document.ArchMap?.Find(map => map.Architecture == nativeToken) is { } found)
            architectures = [nativeToken, .. found.SubArchitectures ?? []];
        var result = new LinuxSeccomp
        {
            DefaultAction = document.DefaultAction ?? throw new JsonException("The member defaultAction is missing."),
            DefaultErrnoRet = document.DefaultErrnoRet,
            Architectures = architectures,
            Flags = document.Flags,
            Syscalls = [],
        };
        foreach (Rule rule in document.Syscalls ?? [])
        {
            if (!Holds(rule.Includes, bounding, native, whenEmpty: true) || Excluded(rule.Excludes, bounding, native))
                continue;
            result.Syscalls.Add(new LinuxSyscallRule
            {
                Names = rule.Names ?? (rule.Name is null ? throw new JsonException("A rule has neither names nor a name.") : [rule.Name]),
                Action = rule.Action ?? throw new JsonException("A rule has no action."),
                ErrnoRet = rule.ErrnoRet,
                Args = rule.Args is { Count: > 0 } ? rule.Args : null,
            });
        }
        // Found out now, not when the container starts.
        SeccompProfiles.FromDocument(result);
        return result;
    }

    // All capabilities and one of the architectures.
    private static bool Holds(Filter? filter, ulong bounding, string native, bool whenEmpty)
    {
        if (filter is null)
            return whenEmpty;
        ulong wanted = Capabilities.Mask(filter.Caps);
        return (filter.Arches is not { Count: > 0 } || filter.Arches.Contains(native))
            && (filter.Caps is not { Count: > 0 } || ((bounding & wanted) == wanted && filter.Caps.TrueForAll(static name => Capabilities.TryParse(name, out _))))
            && (filter.MinKernel is null || KernelVersion.Current >= KernelVersion.Parse(filter.MinKernel));
    }

    // Any one of them.
    private static bool Excluded(Filter? filter, ulong bounding, string native) =>
        filter is not null
        && (filter.Arches?.Contains(native) == true
            || (bounding & Capabilities.Mask(filter.Caps)) != 0
            || (filter.MinKernel is not null && KernelVersion.Current >= KernelVersion.Parse(filter.MinKernel)));

    internal sealed class Document
    {
        public string? DefaultAction { get; set; }
        public uint? DefaultErrnoRet { get; set; }
        public List<string>? Architectures { get; set; }
        public List<Map>? ArchMap { get; set; }
        public List<string>? Flags { get; set; }
        public List<Rule>? Syscalls { get; set; }
    }

    internal sealed class Map
    {
        public string? Architecture { get; set; }
        public List<string>? SubArchitectures { get; set; }
    }

    internal sealed class Rule
    {
        public string? Name { get; set; }
        public List<string>? Names { get; set; }
        public string? Action { get; set; }
        public uint? ErrnoRet { get; set; }
        public List<LinuxSyscallArgument>? Args { get; set; }
        public Filter? Includes { get; set; }
        public Filter? Excludes { get; set; }
    }

    internal sealed class Filter
    {
        public List<string>? Caps { get; set; }
        public List<string>? Arches { get; set; }
        public string? MinKernel { get; set; }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SeccompFile.Document))]
internal sealed partial class SeccompFileJson : JsonSerializerContext;
