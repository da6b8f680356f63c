using System.Text.Json.Serialization;

namespace ContainerTools.Core.Build.Devices;

/// <summary>A file that describes the devices of one kind (https://github.com/cncf-tags/container-device-interface, SPEC.md).</summary>
internal sealed record DeviceDocument
{
    public string? Kind { get; init; }

    public Dictionary<string, string>? Annotations { get; init; }

    public List<Device>? Devices { get; init; }

    public Edits? ContainerEdits { get; init; }

    internal sealed record Device
    {
        public string? Name { get; init; }

        public Dictionary<string, string>? Annotations { get; init; }

        public Edits? ContainerEdits { get; init; }
    }

    internal sealed record Edits
    {
        public List<string>? Env { get; init; }

        public List<Node>? DeviceNodes { get; init; }

        public List<Mount>? Mounts { get; init; }

        public List<object>? Hooks { get; init; }

        [JsonPropertyName("additionalGids")]
        public List<uint>? Groups { get; init; }
    }

    internal sealed record Node
    {
        public string? Path { get; init; }

        public string? HostPath { get; init; }

        public string? Permissions { get; init; }
    }

    internal sealed record Mount
    {
        public string? HostPath { get; init; }

        public string? ContainerPath { get; init; }

        public List<string>? Options { get; init; }
    }
}
