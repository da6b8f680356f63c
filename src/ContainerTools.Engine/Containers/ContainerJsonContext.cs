using System.Text.Json.Serialization;

namespace ContainerTools.Engine.Containers;

/// <summary>Source-generated reading of container.json; <see cref="ContainerJsonWriting"/> writes it.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ContainerConfiguration))]
internal sealed partial class ContainerJsonContext : JsonSerializerContext;
