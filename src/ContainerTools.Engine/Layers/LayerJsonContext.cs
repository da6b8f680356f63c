using System.Text.Json.Serialization;

namespace ContainerTools.Engine.Layers;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LayerDocument))]
internal sealed partial class LayerJsonContext : JsonSerializerContext;
