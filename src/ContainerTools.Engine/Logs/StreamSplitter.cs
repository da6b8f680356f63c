namespace ContainerTools.Engine.Logs;

/// <summary>
/// Cuts what comes out of one pipe into records: at line feeds, and where a line is longer than 16 KiB, as Docker does. A character is never cut in two.
/// </summary>
internal sealed class StreamSplitter(ContainerStream stream)
{
    /// <summary>Most bytes in a record.</summary>
    public const int MaximumLength = 16 * 1024;

    private readonly byte[] _pending = new byte[MaximumLength];
    private int _length;
    private DateTime _time;

    /// <summary>Whether no beginning of a line is kept.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>Takes what was read and hands whole records to the log.</summary>
    public void Add(ReadOnlySpan<byte> data, DateTime time, LogWriter log)
    {
        while (!data.IsEmpty)
        {
            int end = data.IndexOf((byte)'\n');
            var line = end < 0 ? data : data[..(end + 1)];
            if (_length == 0 && end >= 0 && line.Length <= MaximumLength)
            {
                log.Append(line, stream, time);
                data = data[line.Length..];
                continue;
            }
            if (_length == 0)
                _time = time;
            int count = Math.Min(line.Length, MaximumLength - _length);
            line[..count].CopyTo(_pending.AsSpan(_length));
            _length += count;
            data = data[count..];
            if (_pending[_length - 1] == (byte)'\n')
                Emit(_length, log);
            else if (_length == MaximumLength)
                Emit(WholeCharacters(_pending), log);
        }
    }

    /// <summary>Hands out the last line, which no line feed ended.</summary>
    public void End(LogWriter log)
    {
        if (_length > 0)
            Emit(_length, log);
    }

    private void Emit(int count, LogWriter log)
    {
        log.Append(_pending.AsSpan(0, count), stream, _time);
        _pending.AsSpan(count, _length - count).CopyTo(_pending);
        _length -= count;
    }

    /// <summary>The length without an incomplete character at the end; all of it if that is no UTF-8 anyway.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        for (int back = 1; back <= 3; back++)
        {
            byte b = bytes[^back];
            if ((b & 0xC0) == 0x80)
                continue;
            int needed = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
            return needed > back ? bytes.Length - back : bytes.Length;
        }
        return bytes.Length;
    }
}
