using System.Text.Json.Serialization;

namespace ContainerTools.Core.Build.Cache;

/// <summary>JSON of the build cache's files.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(BuildCacheRecord))]
[JsonSerializable(typeof(BuildCacheList))]
internal sealed partial class BuildCacheJson : JsonSerializerContext;
