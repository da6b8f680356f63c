using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>The layers of an image by the digests of their uncompressed tars (image-spec, config.md, "rootfs").</summary>
public sealed record ImageRootFs
{
    /// <summary>Always <c>layers</c>.</summary>
    [JsonPropertyName("type")]
    public string Type { get; init => field = value ?? "layers"; } = "layers";

    /// <summary>The DiffIDs, the base first.</summary>
    [JsonPropertyName("diff_ids")]
    public IReadOnlyList<Digest> DiffIds { get; init => field = value ?? []; } = [];
}
