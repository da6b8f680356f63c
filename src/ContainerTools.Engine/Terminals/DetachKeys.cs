namespace ContainerTools.Engine.Terminals;

/// <summary>The keys that leave a terminal without ending what runs in it: by default Ctrl+P, Ctrl+Q. What is typed passes through here.</summary>
public sealed class DetachKeys
{
    /// <summary>The usual keys.</summary>
    public const string Default = "ctrl-p,ctrl-q";

    private readonly byte[] _keys;
    private int _matched;

    private DetachKeys(byte[] keys) => _keys = keys;

    /// <summary>Reads keys as docker writes them: <c>ctrl-p,ctrl-q</c>, <c>ctrl-]</c>, <c>a,b</c>; empty for none.</summary>
    /// <exception cref="ContainerToolsException">InvalidDetachKeys.</exception>
    public static DetachKeys Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new DetachKeys(text.Length == 0 ? [] : [.. text.Split(',').Select(ParseKey)]);

        byte ParseKey(string key)
        {
            if (key is [var character] && char.IsAscii(character) && !char.IsControl(character))
                return (byte)character;
            // Control characters are the letter's code less 64: @ A-Z [ \ ] ^ _ (ascii(7))
            if (key.StartsWith("ctrl-", StringComparison.OrdinalIgnoreCase) && key.Length == 6 && char.ToUpperInvariant(key[5]) is >= '@' and <= '_' and var letter)
                return (byte)(letter - '@');
            throw new ContainerToolsException("InvalidDetachKeys", ErrorKind.InvalidArgument,
                $"'{text}' are no keys to detach with: '{key}' is neither one character nor ctrl- and one of a-z @ [ \\ ] ^ _. Separate keys with commas, as in '{Default}'.", text);
        }
    }

    /// <summary>Looks at what was typed.</summary>
    /// <param name="typed">The next bytes.</param>
    /// <param name="forward">Gets what is to be passed on. The beginning of the keys is held back until it is clear that they are not meant.</param>
    /// <returns>Whether the keys were typed; what follows them is dropped.</returns>
    public bool Take(ReadOnlySpan<byte> typed, List<byte> forward)
    {
        ArgumentNullException.ThrowIfNull(forward);
        foreach (byte key in typed)
        {
            if (_keys.Length > 0 && key != _keys[_matched] && _matched > 0)
            {
                forward.AddRange(_keys.AsSpan(0, _matched));
                _matched = 0;
            }
            if (_keys.Length > 0 && key == _keys[_matched])
            {
                if (++_matched == _keys.Length)
                    return true;
            }
            else
            {
                forward.Add(key);
            }
        }
        return false;
    }
}
