using System.Management.Automation;

namespace ContainerTools.Cmdlets;

/// <summary>Writes bytes to the pipeline, one object each, as Get-Content -AsByteStream does.</summary>
internal sealed class PipelineBytes(PSCmdlet cmdlet, PipelineQueue queue, CancellationToken cancellationToken) : OutputStream
{
    // Of the 256 that there are, one each: boxing takes longer than the rest.
    private static readonly object[] s_boxed = [.. Enumerable.Range(0, 256).Select(static i => (object)(byte)i)];

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        object[] bytes = new object[buffer.Length];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = s_boxed[buffer[i]];
        queue.Post(() => cmdlet.WriteObject(bytes, enumerateCollection: true), cancellationToken);
    }
}
