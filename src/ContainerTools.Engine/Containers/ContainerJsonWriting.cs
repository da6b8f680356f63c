using System.Text.Json.Serialization;

namespace ContainerTools.Engine.Containers;

/// <summary>Source-generated writing of container.json.</summary>
/// <remarks>Apart from <see cref="ContainerJsonContext"/>, whose metadata for each property a session would have to compile before its first container.</remarks>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContainerConfiguration))]
internal sealed partial class ContainerJsonWriting : JsonSerializerContext;
