using System.Text.Json.Serialization;

namespace ContainerTools.Runtime.State;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContainerStateFile))]
internal sealed partial class StateJsonContext : JsonSerializerContext;
