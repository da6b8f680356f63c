using System.Globalization;
using System.Text;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Engine.Rootless;

/// <summary>A layer that a worker unpacks: it gets the tar by a pipe, holds the lock on what it has made, and adds it to the store when it is told to.</summary>
internal sealed class RemoteStaging : IDisposable
{
    private const int ChunkSize = 1 << 18;

    private readonly SessionWorker _worker;
    private readonly StreamReader _output;

    private RemoteStaging(SessionWorker worker, StreamReader output, string[] numbers)
    {
        _worker = worker;
        _output = output;
        Size = long.Parse(numbers[0], CultureInfo.InvariantCulture);
        EntryCount = long.Parse(numbers[1], CultureInfo.InvariantCulture);
        LeansOnParents = numbers[2] == "1";
        Directory = numbers[3];
    }

    public long Size { get; }

    public long EntryCount { get; }

    public bool LeansOnParents { get; }

    public string Directory { get; }

    /// <summary>Unpacks a tar, which the calling thread reads to its end.</summary>
    public static RemoteStaging Unpack(StorePaths paths, Stream plainTar, CancellationToken cancellationToken)
    {
        var worker = SessionWorker.Start(paths, SessionOperations.Unpack, [], cancellationToken);
        try
        {
            Pump(plainTar, worker.Data, cancellationToken);
            var output = new StreamReader(worker.Output, Encoding.UTF8);
            if (output.ReadLine() is { } line)
                return new RemoteStaging(worker, output, line.Split(' ', 4));
            worker.Finish();
            throw Silent();
        }
        catch
        {
            worker.Dispose();
            throw;
        }
    }

    /// <summary>Adds the layer to the store.</summary>
    /// <returns>Its key.</returns>
    public string Commit(Digest diffId, IReadOnlyList<Digest> parents)
    {
        _worker.Input.Write(Encoding.ASCII.GetBytes(string.Join(' ', parents.Prepend(diffId)) + "\n"));
        string? key = _output.ReadLine();
        _worker.Finish();
        return key ?? throw Silent();
    }

    public void Dispose() => _worker.Dispose();

    private static ContainerToolsException Silent() => new("SessionFailed", ErrorKind.Internal, "The process that unpacks layers ended without a word.");

    private static void Pump(Stream source, FileStream target, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[ChunkSize];
        int count;
        while ((count = source.Read(buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                target.Write(buffer, 0, count);
            }
            catch (IOException)
            {
                // It wants no more, and says why in its report.
                break;
            }
        }
        try
        {
            target.Dispose();
        }
        catch (IOException)
        {
            // The same.
        }
    }
}
