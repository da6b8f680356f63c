using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>What to make otherwise in an image's configuration. What is null stays as it is.</summary>
public sealed record ImageChanges
{
    /// <summary>The program and its first arguments; one empty text or none takes it away. It takes the command away too, unless one is given.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>The command, or the entrypoint's arguments; none takes it away.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Variables to set; one that is null is taken away.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>The user: name, name:group, uid or uid:gid.</summary>
    public string? User { get; init; }

    /// <summary>The directory to start in, an absolute path.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Labels to set; one that is null is taken away.</summary>
    public IReadOnlyDictionary<string, string?> Labels { get; init; } = new Dictionary<string, string?>();

    /// <summary>Ports to add: <c>80</c>, <c>53/udp</c>.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    /// <summary>Volumes to add: absolute paths.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>The signal that asks the command to stop.</summary>
    public string? StopSignal { get; init; }

    /// <summary>Who makes the image.</summary>
    public string? Author { get; init; }

    /// <summary>Applies the changes.</summary>
    /// <exception cref="ContainerToolsException">InvalidWorkingDirectory, InvalidVolumePath, InvalidPort, InvalidSignal, InvalidVariable.</exception>
    public ImageConfig Apply(ImageConfig image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var old = image.Config;
        var entrypoint = Entrypoint is [""] ? [] : Entrypoint;
        if (StopSignal is { } signal && !Signals.TryParse(signal, out _))
        {
            throw Invalid("InvalidSignal", signal, "is no signal; SIGTERM, HUP and 9 are examples of signals");
        }

        return image with
        {
            Author = Author ?? image.Author,
            Config = old with
            {
                Entrypoint = NullIfEmpty(entrypoint ?? old.Entrypoint),
                Cmd = NullIfEmpty(Command ?? (entrypoint is null ? old.Cmd : null)),
                Env = ApplyEnvironment(old.Env),
                User = User ?? old.User,
                WorkingDir = WorkingDirectory is null ? old.WorkingDir : RequireAbsolute("InvalidWorkingDirectory", WorkingDirectory),
                Labels = ApplyLabels(old.Labels),
                ExposedPorts = Union(old.ExposedPorts, ExposedPorts.Select(Port)),
                Volumes = Union(old.Volumes, Volumes.Select(v => RequireAbsolute("InvalidVolumePath", v))),
                StopSignal = StopSignal ?? old.StopSignal,
            },
        };
    }

    /// <summary>A port as images name it: the number and the protocol.</summary>
    /// <exception cref="ContainerToolsException">InvalidPort.</exception>
    internal static string Port(string text)
    {
        string[] parts = text.Split('/');
        string protocol = parts.Length > 1 ? parts[1].ToLowerInvariant() : "tcp";
        string[] ends = parts[0].Split('-');
        return parts.Length <= 2 && ends.Length <= 2 && ends.All(static e => ushort.TryParse(e, out ushort number) && number > 0) && protocol is "tcp" or "udp" or "sctp"
            ? $"{parts[0]}/{protocol}"
            : throw Invalid("InvalidPort", text, "is no port: 80, 53/udp and 7000-7009 are examples of ports");
    }

    private List<string>? ApplyEnvironment(IReadOnlyList<string>? old)
    {
        var result = (old ?? []).ToList();
        foreach (var (name, value) in Environment.OrderBy(static p => p.Key, StringComparer.Ordinal))
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0'))
            {
                throw Invalid("InvalidVariable", name, "is no name of a variable");
            }

            int index = result.FindIndex(e => e.StartsWith(name + "=", StringComparison.Ordinal));
            if (index >= 0)
            {
                result.RemoveAt(index);
            }

            if (value is not null)
            {
                result.Insert(index < 0 ? result.Count : index, $"{name}={value}");
            }
        }

        return result.Count > 0 ? result : null;
    }

    private SortedDictionary<string, string>? ApplyLabels(IReadOnlyDictionary<string, string>? old)
    {
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in old ?? new Dictionary<string, string>())
        {
            result[name] = value;
        }

        foreach (var (name, value) in Labels)
        {
            if (value is null)
            {
                result.Remove(name);
            }
            else
            {
                result[name] = value;
            }
        }

        return result.Count > 0 ? result : null;
    }

    private static List<string>? Union(IReadOnlyList<string>? old, IEnumerable<string> added)
    {
        var result = (old ?? []).Concat(added).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return result.Count > 0 ? result : null;
    }

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string>? list) => list is { Count: > 0 } ? list : null;

    private static string RequireAbsolute(string errorId, string path) => path.StartsWith('/')
        ? path
        : throw Invalid(errorId, path, "is not an absolute path in the image: it must begin with '/'");

    private static ContainerToolsException Invalid(string errorId, string text, string what) => new(errorId, ErrorKind.InvalidArgument, $"'{text}' {what}.", text);
}
