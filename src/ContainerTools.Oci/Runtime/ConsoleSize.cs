namespace ContainerTools.Oci.Runtime;

/// <summary>Size of a terminal in characters.</summary>
public sealed class ConsoleSize
{
    /// <summary>Rows.</summary>
    public uint Height { get; set; }

    /// <summary>Columns.</summary>
    public uint Width { get; set; }
}
