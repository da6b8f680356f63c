using System.Buffers.Binary;
using System.Text;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Rootless;

/// <summary>
/// Opens trees that an ordinary user's shell may not read itself, by a process of his session (<see cref="TreeServer"/>) that begins when it is needed first and ends with this. Safe for use by
/// several threads; a directory that it opened is for one at a time.
/// </summary>
/// <param name="paths">The store.</param>
/// <param name="cancellationToken">Ends the process.</param>
internal sealed class TreeReader(StorePaths paths, CancellationToken cancellationToken) : IDisposable
{
    private readonly Lock _gate = new();
    private SessionWorker? _worker;
    private bool _isClosed;

    /// <summary>Opens directories on one another, as overlayfs shows them.</summary>
    /// <param name="directories">The directories, the base first; at least one.</param>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    /// <exception cref="ContainerToolsException">SessionFailed: the user's namespace could not be made.</exception>
    public EntryDirectory Open(IReadOnlyList<string> directories)
    {
        var answer = Ask(TreeRequest.Mount, 0, Encoding.UTF8.GetBytes(string.Concat(directories.Select(d => d + '\0'))));
        return new RemoteDirectory(this, LinuxException.ThrowIfFailed(answer.Result, "mount", "layers"));
    }

    /// <summary>Asks for something.</summary>
    public TreeAnswer Ask(TreeRequest request, int directory, ReadOnlySpan<byte> path)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _worker ??= SessionWorker.Start(paths, SessionOperations.ReadTrees, [], cancellationToken, SessionStream.Messages);
            _ = Send(request, directory, path);
            if (TreeAnswer.Receive(_worker.Messages) is not { } answer)
            {
                _worker.Finish();
                throw new ContainerToolsException("SessionFailed", ErrorKind.Internal, "The process that reads files of the user's ids ended without a word.");
            }
            if (answer.Result == TreeAnswer.Failed)
                StartReport.Check(answer.Bytes, "");
            return answer;
        }
    }

    /// <summary>Closes a directory.</summary>
    public void Close(int directory)
    {
        lock (_gate)
        {
            if (!_isClosed)
                _ = Send(TreeRequest.Close, directory, []);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _worker?.Dispose();
        }
    }

    private bool Send(TreeRequest request, int directory, ReadOnlySpan<byte> path)
    {
        byte[] message = new byte[5 + path.Length];
        message[0] = (byte)request;
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(1), directory);
        path.CopyTo(message.AsSpan(5));
        return Channel.Send(_worker!.Messages, message, []);
    }
}
