using System.Globalization;
using System.Text.Json;
using ContainerTools.Core.Build.Language;
using ContainerTools.Engine.Volumes;

namespace ContainerTools.Core.Build.Devices;

/// <summary>The devices that this machine describes for containers, in JSON files in /etc/cdi and /var/run/cdi.</summary>
internal static class DeviceRegistry
{
    private const string ClassAnnotation = "org.mobyproject.buildkit.device.class";
    private const string AllowAnnotation = "org.mobyproject.buildkit.device.autoallow";

    private static readonly string[] Directories = ["/etc/cdi", "/var/run/cdi"];
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Finds what a command asks for.</summary>
    /// <param name="wanted">The flags of the command.</param>
    /// <param name="allowed">Whether the build allows devices; one may be annotated as allowed.</param>
    /// <exception cref="BuildProblemException">BuildDeviceNotFound, BuildDeviceNotAllowed, BuildDeviceInvalid.</exception>
    internal static RunDevices Find(IReadOnlyList<RunDevice> wanted, bool allowed)
    {
        if (wanted.Count == 0)
        {
            return RunDevices.None;
        }

        var known = Read().ToList();
        var found = new List<Known>();
        foreach (var device in wanted)
        {
            var matches = Match(known, device.Name).Where(m => !found.Contains(m)).ToList();
            if (matches.Count == 0 && device.Required && !Match(known, device.Name).Any())
            {
                throw NotFound(device.Name, known);
            }

            if (!allowed && matches.Find(static m => !m.IsAllowed) is { } refused)
            {
                throw new BuildProblemException("BuildDeviceNotAllowed", $"the device {refused.Name} is the host's, so the build must allow it: use -AllowInsecure");
            }

            found.AddRange(matches);
        }

        var result = new RunDevices([.. found.Select(static f => f.Name)]);
        foreach (var edits in found.Select(static f => f.Document.ContainerEdits).Distinct().Concat(found.Select(static f => f.Device.ContainerEdits)).OfType<DeviceDocument.Edits>())
        {
            Add(edits, result);
        }

        return result;
    }

    private static IEnumerable<Known> Match(IEnumerable<Known> known, string name)
    {
        string[] parts = name.Split('=', 2);
        var ofKind = known.Where(k => k.Document.Kind == parts[0]);
        return !parts[0].Contains('/') ? known.Where(k => k.Device.Annotations?.GetValueOrDefault(ClassAnnotation) == name)
            : parts.Length == 1 ? ofKind.Take(1) : parts[1] == "*" ? ofKind : ofKind.Where(k => k.Device.Name == parts[1]);
    }

    private static IEnumerable<Known> Read()
    {
        foreach (string file in Directories.Where(Directory.Exists).SelectMany(static d => Directory.GetFiles(d, "*.json").Order(StringComparer.Ordinal)))
        {
            DeviceDocument? document;
            try
            {
                document = JsonSerializer.Deserialize<DeviceDocument>(File.ReadAllBytes(file), Options);
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                throw new BuildProblemException("BuildDeviceInvalid", $"'{file}', which describes devices, cannot be read: {e.Message}");
            }

            foreach (var device in document?.Devices ?? [])
            {
                yield return new Known(document!, device);
            }
        }
    }

    private static void Add(DeviceDocument.Edits edits, RunDevices result)
    {
        if (edits.Hooks is { Count: > 0 })
        {
            throw new BuildProblemException("BuildDeviceInvalid", $"{string.Join(", ", result.Names)} wants programs of the host run beside the container (hooks), which a build does not do; a description without hooks is needed");
        }

        result.Environment.AddRange((edits.Env ?? []).Select(static e => e.Split('=', 2)).Select(static p => KeyValuePair.Create(p[0], p.Length > 1 ? p[1] : "")));
        result.Nodes.AddRange((edits.DeviceNodes ?? []).Where(static n => n.Path is not null).Select(static n => $"{n.HostPath ?? n.Path}:{n.Path}:{(string.IsNullOrEmpty(n.Permissions) ? "rwm" : n.Permissions)}"));
        result.Groups.AddRange((edits.Groups ?? []).Where(static g => g > 0).Select(static g => g.ToString(CultureInfo.InvariantCulture)));
        foreach (var mount in edits.Mounts ?? [])
        {
            if (mount is { HostPath: not null, ContainerPath: not null })
            {
                result.Mounts.Add(new VolumeMount { Kind = ContainerMountKind.Bind, Source = mount.HostPath, Destination = mount.ContainerPath, ReadOnly = mount.Options?.Contains("ro") == true });
            }
        }
    }

    private static BuildProblemException NotFound(string name, List<Known> known)
    {
        string there = known.Count == 0 ? $"no device is described in {string.Join(" or ", Directories)}" : $"there are {string.Join(", ", known.Select(static k => k.Name))}";
        string others = Directories.Where(Directory.Exists).Any(static d => Directory.GetFiles(d, "*.y*ml").Length > 0) ? "; descriptions in YAML are not read, so write them as JSON" : "";
        return new BuildProblemException("BuildDeviceNotFound", $"this machine has no device '{name}': {there}{others}");
    }

    private sealed record Known(DeviceDocument Document, DeviceDocument.Device Device)
    {
        internal string Name => $"{Document.Kind}={Device.Name}";

        internal bool IsAllowed => IsTrue(Device.Annotations) || IsTrue(Document.Annotations);

        private static bool IsTrue(Dictionary<string, string>? annotations) => annotations?.GetValueOrDefault(AllowAnnotation) is "true" or "1";
    }
}
