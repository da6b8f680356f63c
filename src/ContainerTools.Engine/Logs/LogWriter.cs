using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Logs;

/// <summary>
/// The log's file: appends records, rotates, and survives a full disk. What cannot be written is dropped and counted, and the count is logged when there is room again:
/// a container must not stand still, or die, because of its log.
/// </summary>
internal sealed class LogWriter : IDisposable
{
    private readonly string _path;
    private readonly long _maximumSize;
    private readonly int _maximumFiles;
    private readonly byte[] _buffer = new byte[128 * 1024];
    private int _length;
    private int _fd;
    private long _size;
    private long _lost;

    /// <summary>Opens the log, making it if it is missing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximumSize">Size to rotate at; 0 for never.</param>
    /// <param name="maximumFiles">Files to keep, this one included.</param>
    public LogWriter(string path, long maximumSize, int maximumFiles)
    {
        _path = path;
        _maximumSize = maximumSize;
        _maximumFiles = maximumFiles;
        _fd = Open();
    }

    /// <summary>Adds a record to what <see cref="Flush"/> writes.</summary>
    /// <param name="text">At most 16 KiB.</param>
    /// <param name="stream">Which stream.</param>
    /// <param name="time">When, UTC.</param>
    public void Append(ReadOnlySpan<byte> text, ContainerStream stream, DateTime time)
    {
        if (LogFormat.MaximumLength(text.Length) > _buffer.Length - _length)
            Flush();
        _length += LogFormat.Write(_buffer.AsSpan(_length), text, stream, time);
        // Rotation is between records, so they are written as they come when the limit is near.
        if (_maximumSize > 0 && _size + _length >= _maximumSize)
            Flush();
    }

    /// <summary>Writes what was added.</summary>
    public void Flush()
    {
        if (_length == 0)
            return;
        if (_lost > 0 && WriteWhole(LossNotice()))
            _lost = 0;
        if (_lost > 0 || !WriteWhole(_buffer.AsSpan(0, _length)))
            _lost += _buffer.AsSpan(0, _length).Count((byte)'\n');
        _length = 0;
        if (_maximumSize > 0 && _size >= _maximumSize)
            Rotate();
    }

    public void Dispose()
    {
        Flush();
        if (_fd >= 0)
            _ = FileCalls.Close(_fd);
        _fd = -1;
    }

    private bool WriteWhole(ReadOnlySpan<byte> data)
    {
        if (_fd < 0 && (_fd = Open()) < 0)
            return false;
        if (FileCalls.WriteAt(_fd, data, _size) == 0)
        {
            _size += data.Length;
            return true;
        }
        // Half a record would spoil the next one too.
        _ = FileCalls.Truncate(_fd, _size);
        return false;
    }

    private byte[] LossNotice()
    {
        byte[] text = Encoding.UTF8.GetBytes($"[containertools] {_lost} log records were lost: the disk was full\n");
        byte[] record = new byte[LogFormat.MaximumLength(text.Length)];
        return record[..LogFormat.Write(record, text, ContainerStream.Error, DateTime.UtcNow)];
    }

    private void Rotate()
    {
        // container.log.2 -> .3, container.log.1 -> .2, container.log -> .1; the last one falls off.
        for (int number = _maximumFiles - 1; number > 0; number--)
            _ = FileCalls.RenameAt(FileCalls.WorkingDirectory, Name(number - 1), FileCalls.WorkingDirectory, Name(number));
        if (_maximumFiles <= 1)
            _ = FileCalls.UnlinkAt(FileCalls.WorkingDirectory, Name(0));
        _ = FileCalls.Close(_fd);
        _fd = Open();
    }

    private byte[] Name(int number) => Encoding.UTF8.GetBytes(number == 0 ? $"{_path}\0" : $"{_path}.{number}\0");

    private int Open()
    {
        int fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, Name(0), OpenFlags.WriteOnly | OpenFlags.Create, 0x180); // 0600
        _size = fd >= 0 && FileCalls.Status(fd, out var status) >= 0 ? status.Size : 0;
        return fd;
    }
}
