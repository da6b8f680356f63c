namespace ContainerTools.Core.Images;

/// <summary>The form of an image archive.</summary>
public enum ExportFormat
{
    /// <summary>An OCI image layout in a tar (image-spec, image-layout.md).</summary>
    Oci,

    /// <summary>What <c>docker save</c> writes since version 25: an OCI image layout with the <c>manifest.json</c> that <c>docker load</c> of any version reads.</summary>
    Docker,
}
