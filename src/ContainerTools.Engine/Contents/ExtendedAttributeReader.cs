using ContainerTools.Engine.Layers;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>Reads files' extended attributes, without those by which overlayfs talks to itself. Not for several threads at once.</summary>
internal sealed class ExtendedAttributeReader
{
    private readonly byte[] _names = new byte[64 * 1024];
    private readonly byte[] _value = new byte[64 * 1024];

    /// <summary>The attributes of an entry of a directory, by name; a link's own.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">The entry's name, ending in NUL.</param>
    /// <returns>Null when there are none.</returns>
    public List<TarExtendedAttribute>? Read(int directory, ReadOnlySpan<byte> name)
    {
        int length = FileCalls.ListExtendedAttributesAt(directory, name, _names);
        if (length <= 0)
            return null;
        var attributes = new List<TarExtendedAttribute>();
        for (var rest = _names.AsSpan(0, length); !rest.IsEmpty; rest = rest[(rest.IndexOf((byte)0) + 1)..])
        {
            var attribute = rest[..(rest.IndexOf((byte)0) + 1)];
            if (OverlayAttributes.IsOverlays(attribute))
                continue;
            int size = FileCalls.GetExtendedAttributeAt(directory, name, attribute, _value);
            if (size >= 0)
                attributes.Add(new(attribute[..^1].ToArray(), _value[..size]));
        }
        // File systems list them in the order in which they were set, or in none: the same files must give the same archive.
        attributes.Sort((a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
        return attributes.Count > 0 ? attributes : null;
    }

    /// <summary>Whether two entries have different ones.</summary>
    public bool Differ(int directory, ReadOnlySpan<byte> name, int otherDirectory, ReadOnlySpan<byte> otherName)
    {
        var one = Read(directory, name);
        var other = Read(otherDirectory, otherName);
        if (one is null || other is null)
            return one is not null || other is not null;
        return one.Count != other.Count
            || one.Zip(other).Any(p => !p.First.Name.AsSpan().SequenceEqual(p.Second.Name) || !p.First.Value.AsSpan().SequenceEqual(p.Second.Value));
    }
}
