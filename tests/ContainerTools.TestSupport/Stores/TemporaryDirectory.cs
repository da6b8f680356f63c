namespace ContainerTools.TestSupport;

/// <summary>A directory under the machine's temporary one, deleted at the end with whatever was mounted beneath it.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory(string purpose = "ct")
    {
        // A short path: runtimes put Unix sockets (108 bytes) and mount options (one page) beneath it.
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{purpose}-{Guid.NewGuid():N}"[..(purpose.Length + 9)]);
        Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public static implicit operator string(TemporaryDirectory directory) => directory.Path;

    public override string ToString() => Path;

    public void Dispose()
    {
        Mounts.UnmountBeneath(Path);
        // 'rm' rather than Directory.Delete: layers hold names that are not UTF-8 and device nodes.
        Command.Run("rm", ["-rf", "--one-file-system", "--", Path]);
    }
}
