using System.Text.Json.Serialization;

namespace ContainerTools.Oci.Runtime;

/// <summary>Source-generated JSON of the runtime-spec types: works without reflection, so also in native code. Absent members are not written.</summary>
[JsonSourceGenerationOptions(
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
