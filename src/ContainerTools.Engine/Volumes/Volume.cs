namespace ContainerTools;

/// <summary>A directory that outlives containers.</summary>
public sealed class Volume
{
    internal Volume(string name, string mountPoint, DateTimeOffset createdAt, IReadOnlyDictionary<string, string> labels, bool anonymous, IReadOnlyList<string> usedBy)
    {
        Name = name;
        MountPoint = mountPoint;
        CreatedAt = createdAt;
        Labels = labels;
        Anonymous = anonymous;
        UsedBy = usedBy;
    }

    /// <summary>Unique name.</summary>
    public string Name { get; }

    /// <summary>The directory on the host.</summary>
    public string MountPoint { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>Whether it was made for one container, without a name of the user's choice.</summary>
    public bool Anonymous { get; }

    /// <summary>Names of the containers that have it mounted, running or not.</summary>
    public IReadOnlyList<string> UsedBy { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
