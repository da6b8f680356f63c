using System.Management.Automation;
using ContainerTools.Engine;

namespace ContainerTools.Cmdlets;

/// <summary>Where commands' standard output goes that is taken as bytes: -AsByteStream or -OutFile.</summary>
internal sealed class ByteOutput : IDisposable
{
    private readonly PSCmdlet _cmdlet;
    private readonly OutputFile? _file;

    private ByteOutput(PSCmdlet cmdlet, OutputFile? file) => (_cmdlet, _file) = (cmdlet, file);

    /// <summary>Opens it; null where the output is lines.</summary>
    /// <param name="cmdlet">Whose pipeline it is.</param>
    /// <param name="asByteStream">Whether bytes are written to the pipeline.</param>
    /// <param name="file">PowerShell's path of a file; null for none.</param>
    /// <exception cref="ContainerToolsException">OutputGivenTwice; OutFileFailed.</exception>
    public static ByteOutput? Open(PSCmdlet cmdlet, bool asByteStream, string? file)
    {
        if (asByteStream && file is not null)
            throw new ContainerToolsException("OutputGivenTwice", ErrorKind.InvalidArgument, "-AsByteStream writes the output to the pipeline, and -OutFile to a file. Leave one out.", file);
        return file is not null ? new ByteOutput(cmdlet, new OutputFile(cmdlet.GetUnresolvedProviderPathFromPSPath(file))) : asByteStream ? new ByteOutput(cmdlet, null) : null;
    }

    /// <summary>The stream for one command; it may stay open.</summary>
    public Stream To(PipelineQueue queue, CancellationToken cancellationToken) => _file is not null ? _file : new PipelineBytes(_cmdlet, queue, cancellationToken);

    /// <summary>A command has been run.</summary>
    public void Begin() => _file?.Begin();

    public void Dispose() => _file?.Dispose();
}
