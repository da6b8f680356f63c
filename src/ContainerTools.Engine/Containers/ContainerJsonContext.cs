using System.Text.Json.Serialization;

namespace ContainerTools.Engine.Containers;

/// <summary>Source-generated JSON of container.json.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ContainerConfiguration))]
internal sealed partial class ContainerJsonContext : JsonSerializerContext;
