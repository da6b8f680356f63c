using System.Text.Json.Serialization;

namespace ContainerTools.Engine.Volumes;

/// <summary>Source-generated JSON of volume.json.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(VolumeRecord))]
internal sealed partial class VolumeJsonContext : JsonSerializerContext;
