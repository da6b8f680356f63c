using System.Text;

namespace ContainerTools.Engine.Containers;

/// <summary>Cuts bytes into lines of text. What is not UTF-8 becomes U+FFFD; a line without an end is handed out when it has 256 MiB.</summary>
internal sealed class LineDecoder(Action<string> line)
{
    private const int Maximum = 256 << 20;
    private byte[] _pending = new byte[4096];
    private int _length;

    public void Add(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int end = data.IndexOf((byte)'\n');
            if (end < 0)
            {
                Append(data);
                if (_length >= Maximum)
                    End();
                return;
            }
            Append(data[..end]);
            Emit();
            data = data[(end + 1)..];
        }
    }

    /// <summary>Hands out what no line feed has ended.</summary>
    public void End()
    {
        if (_length > 0)
            Emit();
    }

    private void Append(ReadOnlySpan<byte> data)
    {
        if (_pending.Length - _length < data.Length)
            Array.Resize(ref _pending, Math.Max(_pending.Length * 2, _length + data.Length));
        data.CopyTo(_pending.AsSpan(_length));
        _length += data.Length;
    }

    private void Emit()
    {
        var bytes = _pending.AsSpan(0, _length);
        if (!bytes.IsEmpty && bytes[^1] == (byte)'\r')
            bytes = bytes[..^1];
        string text = Encoding.UTF8.GetString(bytes);
        _length = 0;
        line(text);
    }
}
