using System.Buffers.Binary;
using System.Text;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Contents;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Rootless;

/// <summary>
/// Reads trees for a shell that may not: files of any of the user's ids, and layers as the kernel shows them. It answers until the other side closes the socket; files' contents go
/// as descriptors. The other side is <see cref="TreeReader"/>.
/// </summary>
/// <param name="socket">A unix(7) SOCK_SEQPACKET socket.</param>
internal sealed class TreeServer(SafeFileHandle socket)
{
    /// <summary>The longest request: many layers, with long paths.</summary>
    internal const int RequestSize = 128 << 10;

    private readonly Dictionary<int, LocalDirectory> _open = [];
    private readonly ExtendedAttributeReader _attributes = new();
    private int _last;

    /// <summary>Serves until the other side is gone.</summary>
    public void Run()
    {
        byte[] request = new byte[RequestSize];
        int length;
        while ((length = Channel.Receive(socket, request, out _)) > 0)
        {
            var kind = (TreeRequest)request[0];
            int directory = BinaryPrimitives.ReadInt32LittleEndian(request.AsSpan(1));
            byte[] path = request[5..length];
            if (kind == TreeRequest.Close)
            {
                if (_open.Remove(directory, out var closed))
                    closed.Dispose();
                continue;
            }
            var answer = Answer(kind, directory, path);
            answer.Send(socket);
            answer.File?.Dispose();
        }
    }

    private TreeAnswer Answer(TreeRequest kind, int directory, byte[] path)
    {
        var answer = new TreeAnswer();
        try
        {
            answer.Result = kind == TreeRequest.Mount ? Add(Mount(path)) : Answer(kind, _open[directory], path, answer);
            return answer;
        }
        catch (LinuxException e)
        {
            return new TreeAnswer { Result = -e.Errno };
        }
        catch (Exception e)
        {
            var failure = new TreeAnswer { Result = TreeAnswer.Failed };
            failure.Append(e is ContainerToolsException known ? StartReport.Failure(known.ErrorId, known.Kind, known.Message)
                : StartReport.Failure("SessionFailed", ErrorKind.Internal, e.ToString().ReplaceLineEndings(" ")));
            return failure;
        }
    }

    private int Answer(TreeRequest kind, LocalDirectory directory, byte[] path, TreeAnswer answer)
    {
        int result;
        SafeFileHandle? file = null;
        switch (kind)
        {
            case TreeRequest.OpenDirectory:
                result = directory.TryOpen(path, out var child);
                return child is LocalDirectory opened ? Add(opened) : result;
            case TreeRequest.Status:
                result = directory.Status(path, out var status);
                answer.AppendValue(status);
                return result;
            case TreeRequest.List:
                List(directory, answer);
                return 0;
            case TreeRequest.OpenFile:
                result = directory.TryOpenFile(path, out file);
                break;
            case TreeRequest.Follow:
                result = directory.TryFollow(path, out file);
                break;
            case TreeRequest.Link:
                answer.Append(directory.Link(path));
                return 0;
            case TreeRequest.Attributes:
                foreach (var attribute in directory.Attributes(path) ?? [])
                {
                    answer.AppendCounted(attribute.Name);
                    answer.AppendCounted(attribute.Value);
                }
                return 0;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
        answer.File = file;
        return result;
    }

    private static void List(LocalDirectory directory, TreeAnswer answer)
    {
        foreach (byte[] name in directory.Names())
        {
            if (directory.Status(name, out var status) < 0)
                continue; // Gone meanwhile.
            answer.AppendValue(status);
            answer.AppendValue(directory.Attributes(name) is not null);
            answer.AppendCounted(name);
        }
    }

    private LocalDirectory Mount(byte[] paths)
    {
        string[] layers = Encoding.UTF8.GetString(paths).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        return LocalDirectory.OfLayers(layers, _attributes);
    }

    private int Add(LocalDirectory directory)
    {
        _open.Add(++_last, directory);
        return _last;
    }
}
