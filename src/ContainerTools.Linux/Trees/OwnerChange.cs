using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>The owners that copies of files get.</summary>
/// <param name="user">The copy's user id for a file's.</param>
/// <param name="group">The copy's group id for a file's.</param>
public sealed class OwnerChange(Func<uint, uint> user, Func<uint, uint> group)
{
    /// <summary>The copy's user id.</summary>
    /// <param name="id">The file's.</param>
    public uint User(uint id) => user(id);

    /// <summary>The copy's group id.</summary>
    /// <param name="id">The file's.</param>
    public uint Group(uint id) => group(id);

    /// <summary>The copy's extended attribute: file capabilities name the root that they hold for, which is a user too.</summary>
    /// <param name="name">The attribute's name, with or without NUL.</param>
    /// <param name="value">The file's value.</param>
    public ReadOnlySpan<byte> Attribute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        name.TrimEnd((byte)0).SequenceEqual(CapabilityAttribute.Name) && CapabilityAttribute.RootOf(value) is { } root
            ? CapabilityAttribute.WithRoot(value, user(root))
            : value;
}
