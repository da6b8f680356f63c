using ContainerTools.Engine;
using ContainerTools.Linux.Files;

namespace ContainerTools.Cmdlets;

/// <summary>A file that a command's output replaces once there is some, or the command has ended: what cannot be run leaves it as it was.</summary>
internal sealed class OutputFile : OutputStream
{
    // Several commands may write side by side.
    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly bool _isNew;
    private readonly FileStream _file;
    private bool _begun;

    /// <summary>Opens it.</summary>
    /// <exception cref="ContainerToolsException">OutFileFailed.</exception>
    public OutputFile(string path)
    {
        _path = path;
        _isNew = !File.Exists(path);
        try
        {
            _file = Directory.Exists(path) ? throw new IOException("it is a directory") : new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "OutFileFailed", $"The output cannot be written to '{path}'", path);
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        lock (_lock)
        {
            Begin();
            try
            {
                _file.Write(buffer);
            }
            catch (IOException e)
            {
                throw ContainerToolsException.FromIO(e, "OutFileFailed", $"The output cannot be written to '{_path}'", _path);
            }
        }
    }

    /// <summary>Makes it the output of a command that has been run, if that wrote nothing.</summary>
    public void Begin()
    {
        // A pipe or a device has no length.
        if (!_begun && FileCalls.Status((int)_file.SafeFileHandle.DangerousGetHandle(), out var status) >= 0 && status.Type == FileType.Regular)
            _file.SetLength(0);
        _begun = true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            if (_isNew && !_begun)
                File.Delete(_path);
        }
        base.Dispose(disposing);
    }
}
