using System.Text.Json.Serialization;

namespace ContainerTools.Oci.Runtime;

/// <summary>
/// Source-generated writing of the runtime-spec types: works without reflection, so also in native code. Absent members are not written. Reading is
/// <see cref="RuntimeReader"/>.
/// </summary>
/// <remarks>Without metadata for each property, which a session would have to compile before its first container.</remarks>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RuntimeSpec))]
[JsonSerializable(typeof(ProcessSpec))]
[JsonSerializable(typeof(LinuxResources))]
[JsonSerializable(typeof(LinuxSeccomp))]
[JsonSerializable(typeof(RuntimeState))]
[JsonSerializable(typeof(List<RuntimeState>))]
[JsonSerializable(typeof(ContainerProcessState))]
[JsonSerializable(typeof(RuntimeFeatures))]
public sealed partial class RuntimeJsonContext : JsonSerializerContext;
