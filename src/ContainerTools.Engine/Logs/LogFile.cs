using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Logs;

/// <summary>Reads the lines of one log file, also while it grows.</summary>
internal sealed class LogFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private long _offset;

    private LogFile(SafeFileHandle file) => _file = file;

    public SafeFileHandle Handle => _file;

    public static LogFile? TryOpen(string path)
    {
        try
        {
            return new LogFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The next whole line, without its line feed; false at the present end. The line is valid until the next call.</summary>
    public bool TryReadLine(out ReadOnlyMemory<byte> line)
    {
        int searched = _start;
        while (true)
        {
            int index = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (index >= 0)
            {
                line = _buffer.AsMemory(_start, searched + index - _start);
                _start = searched + index + 1;
                return true;
            }
            searched = _end;
            if (_end == _buffer.Length)
            {
                if (_start == 0)
                    Array.Resize(ref _buffer, _buffer.Length * 2);
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                searched -= _start;
                _end -= _start;
                _start = 0;
            }
            int count = RandomAccess.Read(_file, _buffer.AsSpan(_end), _offset);
            if (count == 0)
            {
                line = default;
                return false;
            }
            _offset += count;
            _end += count;
        }
    }

    /// <summary>Where the last lines begin; records that are parts of one line count as one. 0 if the file has no more than that.</summary>
    public long FindTail(int lines)
    {
        long position = RandomAccess.GetLength(_file);
        byte[] block = new byte[64 * 1024];
        long recordEnd = position;
        // What was cut off at the end counts as a line.
        int found = position > 0 && !EndsLine(position) ? 1 : 0;
        while (position > 0)
        {
            int size = (int)Math.Min(block.Length, position);
            position -= size;
            int count = RandomAccess.Read(_file, block.AsSpan(0, size), position);
            for (int i = count - 1; i >= 0; i--)
            {
                long start = position + i + 1;
                if (block[i] != (byte)'\n' || start >= recordEnd)
                    continue;
                if (EndsLine(recordEnd) && ++found > lines)
                    return recordEnd;
                recordEnd = start;
            }
        }
        return EndsLine(recordEnd) && found + 1 > lines ? recordEnd : 0;
    }

    /// <summary>Goes on from a position.</summary>
    public void Seek(long offset)
    {
        _offset = offset;
        _start = _end = 0;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Whether the record that ends at a position has the end of a line: \n before the closing quotation mark, which no text can imitate.</summary>
    private bool EndsLine(long recordEnd)
    {
        Span<byte> tail = stackalloc byte[96];
        long from = Math.Max(0, recordEnd - tail.Length);
        int count = RandomAccess.Read(_file, tail[..(int)(recordEnd - from)], from);
        var record = tail[..count];
        int previous = count > 0 ? record[..^1].LastIndexOf((byte)'\n') : -1;
        return record[(previous + 1)..].IndexOf("\\n\",\"stream\":\""u8) >= 0;
    }
}
