using System.Globalization;
using System.Text;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;
using ContainerTools.Oci;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Rootless;

/// <summary>The work that is done by a process of its own as root of an ordinary user's namespace: the other side of <see cref="SessionWorker"/>.</summary>
public static class SessionOperations
{
    /// <summary>Removes trees.</summary>
    internal const string Remove = "remove";

    /// <summary>Writes what a tree takes on disk.</summary>
    internal const string Measure = "measure";

    /// <summary>Writes whether a directory has nothing in it.</summary>
    internal const string IsEmpty = "is-empty";

    /// <summary>Unpacks a layer, and adds it to the store when told to.</summary>
    internal const string Unpack = "unpack";

    /// <summary>Fills a volume from an image.</summary>
    internal const string Fill = "fill";

    /// <summary>Lists what differs between a container and its image.</summary>
    internal const string Compare = "compare";

    /// <summary>Writes a container's files as an archive.</summary>
    internal const string Export = "export";

    /// <summary>Writes a container's changes as a layer to the second stream.</summary>
    internal const string Layer = "layer";

    /// <summary>Copies between containers and the host.</summary>
    internal const string Copy = "copy";

    /// <summary>Opens layers and files of any owner for the shell, until it has enough.</summary>
    internal const string ReadTrees = "read-trees";

    /// <summary>Copies a layer with other owners.</summary>
    internal const string CopyLayer = "copy-layer";

    /// <summary>Gives files to owners.</summary>
    internal const string SetOwner = "set-owner";

    /// <summary>Copies a tree with its owners into an empty directory.</summary>
    internal const string CopyTree = "copy-tree";

    /// <summary>Copies what layers show into an empty directory, as the user's own.</summary>
    internal const string TakeFiles = "take-files";

    /// <summary>Moves a directory, perhaps into one that is there.</summary>
    internal const string Move = "move";

    /// <summary>Joins a container that runs to one more network.</summary>
    internal const string Connect = "connect";

    /// <summary>Takes a container that runs off a network.</summary>
    internal const string Disconnect = "disconnect";

    /// <summary>Has other containers know one by another name.</summary>
    internal const string Rename = "rename";

    /// <summary>Gives back what a container has on networks.</summary>
    internal const string Leave = "leave";

    /// <summary>Removes bridges without containers.</summary>
    internal const string CleanNetworks = "clean-networks";

    /// <summary>Removes a bridge.</summary>
    internal const string RemoveBridge = "remove-bridge";

    /// <summary>Does what a command line asks for, and reports.</summary>
    /// <param name="arguments">Root, run root, operation, its arguments.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> arguments)
    {
        try
        {
            var paths = new StorePaths(arguments[0], arguments[1]);
            Run(paths, arguments[2], [.. arguments.Skip(3)]);
            Report(StartReport.Success);
            return 0;
        }
        catch (Exception e)
        {
            Report(e is ContainerToolsException known ? StartReport.Failure(known.ErrorId, known.Kind, known.Message)
                : e is IOException or UnauthorizedAccessException ? Failure(ContainerToolsException.FromIO(e, "SessionFailed", "The work with the user's ids failed"))
                : StartReport.Failure("SessionFailed", ErrorKind.Internal, e.ToString().ReplaceLineEndings(" ")));
            return 1;
        }
    }

    /// <summary>Tells who started this process that it could not even begin.</summary>
    /// <param name="error">Why.</param>
    public static void ReportFailure(ContainerToolsException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        Report(Failure(error));
    }

    private static byte[] Failure(ContainerToolsException error) => StartReport.Failure(error.ErrorId, error.Kind, error.Message);

    private static void Run(StorePaths paths, string operation, string[] arguments)
    {
        var containers = new ContainerManager(paths, "/proc/self/exe");
        switch (operation)
        {
            case Remove:
                foreach (string path in arguments)
                    TreeRemoval.Remove(path);
                break;
            case Measure:
                Write(TreeSize.Measure(arguments[0], CancellationToken.None).ToString(CultureInfo.InvariantCulture));
                break;
            case IsEmpty:
                Write(OwnedTree.IsEmpty(paths, arguments[0]) ? "1" : "0");
                break;
            case Unpack:
                UnpackLayer(paths);
                break;
            case Fill:
                VolumeContent.TakeOver(arguments[2..], arguments[1], arguments[0], CancellationToken.None);
                break;
            case Compare:
                foreach (var change in containers.CompareAsync(containers.Get(arguments[0]), CancellationToken.None).GetAwaiter().GetResult())
                    Write(FileChangeFormat.Write(change));
                break;
            case Export:
                containers.ExportAsync(containers.Get(arguments[0]), arguments[1], WriteNumber, CancellationToken.None).GetAwaiter().GetResult();
                break;
            case Layer:
                WriteLayer(containers, arguments);
                break;
            case Copy:
                containers.CopyAsync(Place(containers, arguments[0], arguments[1]), Place(containers, arguments[2], arguments[3]), Write, CancellationToken.None).GetAwaiter().GetResult();
                break;
            case ReadTrees:
                using (var socket = new SafeFileHandle(SessionWorker.DataDescriptor, ownsHandle: true))
                    new TreeServer(socket).Run();
                break;
            case SetOwner:
                for (int i = 0; i < arguments.Length; i += 4)
                    OwnedTree.SetOwner(paths, arguments[i], ParseId(arguments[i + 1]), ParseId(arguments[i + 2]), ParseId(arguments[i + 3]));
                break;
            case CopyLayer:
                _ = new LayerStore(paths).WithOwners(arguments[0], LayerOwners.Parse(arguments[1]), CancellationToken.None);
                break;
            case CopyTree:
                OwnedTree.Copy(paths, arguments[0], arguments[1], CancellationToken.None);
                break;
            case TakeFiles:
                OwnedTree.TakeFiles(paths, arguments[1..], arguments[0], CancellationToken.None);
                break;
            case Move:
                OwnedTree.Move(paths, arguments[0], arguments[1]);
                break;
            case Connect:
                NetworkMembership.Connect(paths.RunRoot, arguments[0], arguments[1], int.Parse(arguments[2], CultureInfo.InvariantCulture), NetworkPlan.Read(arguments[3])!);
                break;
            case Disconnect:
                NetworkMembership.Disconnect(paths.RunRoot, arguments[0], arguments[1]);
                break;
            case Rename:
                NetworkMembership.Rename(paths.RunRoot, arguments[0], arguments[1]);
                break;
            case Leave:
                _ = NetworkMembership.Leave(paths.RunRoot, arguments[0]);
                break;
            case CleanNetworks:
                NetworkCleaner.Clean(paths.RunRoot);
                break;
            case RemoveBridge:
                NetworkCleaner.RemoveBridge(paths.RunRoot, arguments[0]);
                break;
            default:
                throw new ArgumentException($"'{operation}' is no operation.", nameof(operation));
        }
    }

    /// <summary>Unpacks, says what there is, and waits: for a line with the layer's digest and those below it, or the end of the input, which gives it up.</summary>
    private static void UnpackLayer(StorePaths paths)
    {
        var store = new LayerStore(paths);
        using var input = new StreamReader(new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read));
        StagedLayer staged;
        using (var tar = new FileStream(new SafeFileHandle(SessionWorker.DataDescriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0))
            staged = store.Unpack(tar);
        using (staged)
        {
            Write(string.Create(CultureInfo.InvariantCulture, $"{staged.Size} {staged.EntryCount} {(staged.LeansOnParents ? 1 : 0)} {staged.Directory}"));
            if (input.ReadLine() is not { } line)
                return;
            var digests = line.Split(' ').Select(Digest.Parse).ToList();
            Write(store.Commit(staged, digests[0], digests[1..]).Key);
        }
    }

    private static void WriteLayer(ContainerManager containers, string[] arguments)
    {
        using var output = new FileStream(new SafeFileHandle(SessionWorker.DataDescriptor, ownsHandle: true), FileAccess.Write, bufferSize: 1 << 16);
        string[] time = arguments[2].Split('.');
        var options = new LayerOutput
        {
            WholeTree = arguments[1] == "tree",
            LatestTime = time is [var seconds, var nanoseconds] ? new FileTime(long.Parse(seconds, CultureInfo.InvariantCulture), int.Parse(nanoseconds, CultureInfo.InvariantCulture)) : null,
        };
        WriteNumber(containers.WriteLayerAsync(containers.Get(arguments[0]), output, options, CancellationToken.None).GetAwaiter().GetResult());
    }

    private static ContainerPath Place(ContainerManager containers, string container, string path) => new(container.Length == 0 ? null : containers.Get(container), path);

    private static uint ParseId(string text) => uint.Parse(text, CultureInfo.InvariantCulture);

    private static void WriteNumber(long number) => Write(number.ToString(CultureInfo.InvariantCulture));

    // What cannot be written has nobody to read it.
    private static void Write(string line) => _ = FileCalls.Write(1, Encoding.UTF8.GetBytes(line + "\n"));

    private static void Report(byte[] report)
    {
        _ = FileCalls.Write(SessionWorker.ReportDescriptor, report);
        _ = FileCalls.Close(SessionWorker.ReportDescriptor);
    }
}
