using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// A name from an archive, brought into one form: components joined by single slashes, no leading or trailing slash, no <c>.</c>; empty is the root. It
/// keeps a NUL behind the name, as system calls want it. The buffer is used again for the next name.
/// </summary>
internal sealed class LayerPath
{
    /// <summary>What a whiteout's name begins with (image-spec, layer.md, "Whiteouts").</summary>
    public static ReadOnlySpan<byte> WhiteoutPrefix => ".wh."u8;

    /// <summary>What names begin with that AUFS kept for itself; of these only the opaque marker means anything.</summary>
    public static ReadOnlySpan<byte> ReservedPrefix => ".wh..wh."u8;

    /// <summary>Marks its directory as hiding what is below.</summary>
    public static ReadOnlySpan<byte> OpaqueMarker => ".wh..wh..opq"u8;

    private const int MaximumLength = 4095; // PATH_MAX with its NUL

    private byte[] _buffer = new byte[512];
    private int _length;
    private int _nameStart;

    /// <summary>The whole path, without NUL.</summary>
    public ReadOnlySpan<byte> Path => _buffer.AsSpan(0, _length);

    /// <summary>The directory it is in, without NUL; empty for the root.</summary>
    public ReadOnlySpan<byte> Parent => _buffer.AsSpan(0, Math.Max(_nameStart - 1, 0));

    /// <summary>The last component with its NUL.</summary>
    public ReadOnlySpan<byte> Name => _buffer.AsSpan(_nameStart, _length - _nameStart + 1);

    /// <summary>Whether it is the root itself.</summary>
    public bool IsRoot => _length == 0;

    /// <summary>Whether it is AUFS's own bookkeeping, which is to be left out.</summary>
    public bool IsReserved { get; private set; }

    /// <summary>Whether the last component is the opaque marker.</summary>
    public bool IsOpaqueMarker => Name[..^1].SequenceEqual(OpaqueMarker);

    /// <summary>Whether the last component is a whiteout (and not the opaque marker).</summary>
    public bool IsWhiteout { get; private set; }

    /// <summary>Takes a name.</summary>
    /// <param name="name">The name as the archive has it.</param>
    /// <param name="allowAbsolute">Whether a leading slash means the layer's root (as in the targets of hard links) instead of an attempt to leave it.</param>
    /// <exception cref="ContainerToolsException">It is absolute, contains <c>..</c>, is too long, or goes through a whiteout.</exception>
    public void Set(ReadOnlySpan<byte> name, bool allowAbsolute = false)
    {
        if (name.IsEmpty)
        {
            throw LayerErrors.Invalid(name, "has an empty name");
        }

        // A lone slash is the root itself, as some tools write its entry.
        if (name[0] == '/' && !allowAbsolute && name.ContainsAnyExcept((byte)'/'))
        {
            throw LayerErrors.Escapes(name, "has an absolute name");
        }

        if (name.Length > MaximumLength + 2)
        {
            throw LayerErrors.Invalid(name[..200], "(cut here) has a name that is too long");
        }

        if (_buffer.Length < name.Length + 1)
        {
            _buffer = new byte[name.Length + 512];
        }

        _length = _nameStart = 0;
        IsReserved = IsWhiteout = false;
        bool sawWhiteout = false;
        var rest = name;
        while (!rest.IsEmpty)
        {
            var component = PathBytes.TakeComponent(ref rest);
            if (component.IsEmpty || component is [(byte)'.'])
            {
                continue;
            }

            if (component is [(byte)'.', (byte)'.'])
            {
                throw LayerErrors.Escapes(name, "contains '..'");
            }

            if (sawWhiteout && !IsReserved)
            {
                throw LayerErrors.Invalid(name, "lies below a whiteout");
            }

            sawWhiteout = component.StartsWith(WhiteoutPrefix);
            IsReserved |= component.StartsWith(ReservedPrefix) && !(component.SequenceEqual(OpaqueMarker) && rest.TrimStart((byte)'/').IsEmpty);
            if (_length > 0)
            {
                _buffer[_length++] = (byte)'/';
            }

            _nameStart = _length;
            component.CopyTo(_buffer.AsSpan(_length));
            _length += component.Length;
        }

        _buffer[_length] = 0;
        IsWhiteout = sawWhiteout && !IsReserved && !IsOpaqueMarker;
        if (_length > MaximumLength)
        {
            throw LayerErrors.Invalid(name[..200], "(cut here) has a name that is too long");
        }
    }

    /// <summary>What a whiteout hides: the last component without its prefix, with its NUL.</summary>
    /// <exception cref="ContainerToolsException">It hides nothing, or a directory's own or parent's name.</exception>
    public ReadOnlySpan<byte> HiddenName()
    {
        var hidden = Name[WhiteoutPrefix.Length..];
        return hidden.Length == 1 ? throw LayerErrors.Whiteout(Path, "names nothing")
            : hidden is [(byte)'.', 0] or [(byte)'.', (byte)'.', 0] ? throw LayerErrors.Whiteout(Path, "names a directory itself or its parent")
            : hidden;
    }
}
