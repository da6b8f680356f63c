using System.Globalization;
using System.Management.Automation;
using ContainerTools.Cmdlets;

namespace ContainerTools.Binding;

/// <summary>Takes a size as a number of bytes (PowerShell's 512MB is one) or as text, <c>512m</c>. Units are powers of 1024.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ByteSizeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is string text)
        {
            return ByteSize.TryParse(text, out var bytes) ? bytes
                : throw new ArgumentTransformationMetadataException($"'{text}' is no size. Give a number of bytes, or one with a unit: 512MB, 512m, 1.5g.");
        }
        return value is null ? null! : System.Convert.ToInt64(value, CultureInfo.InvariantCulture);
    }
}
