using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>The source-generated JSON of the image and distribution types.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImageManifest))]
[JsonSerializable(typeof(ImageIndex))]
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(Descriptor))]
[JsonSerializable(typeof(ImageLayout))]
[JsonSerializable(typeof(List<DockerArchiveImage>))]
[JsonSerializable(typeof(Dictionary<string, Dictionary<string, string>>))]
[JsonSerializable(typeof(RegistryErrors))]
[JsonSerializable(typeof(RegistryToken))]
[JsonSerializable(typeof(TagList))]
[JsonSerializable(typeof(DockerConfigFile))]
[JsonSerializable(typeof(HelperCredential))]
[JsonSerializable(typeof(RepositoryList))]
public sealed partial class OciJson : JsonSerializerContext;
