namespace ContainerTools.Oci.Runtime;

/// <summary>I/O priority (ioprio_set(2)).</summary>
public sealed class IoPrioritySpec
{
    /// <summary><c>IOPRIO_CLASS_RT</c>, <c>IOPRIO_CLASS_BE</c> or <c>IOPRIO_CLASS_IDLE</c>.</summary>
    public string Class { get; set; } = "";

    /// <summary>Level within the class, 0 (highest) to 7.</summary>
    public int Priority { get; set; }
}
